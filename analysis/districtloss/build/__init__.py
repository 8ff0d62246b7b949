"""From a data folder to a report: notebooks, drawings, keys, manifest."""
