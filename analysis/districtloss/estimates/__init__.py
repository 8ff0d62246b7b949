"""What is computed of the tables: incidents, rates, figures compared, choices."""
