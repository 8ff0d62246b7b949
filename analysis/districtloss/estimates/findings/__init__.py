"""What each chapter finds, as functions of a study: numbers with their rows, and the frames of tables and charts."""
