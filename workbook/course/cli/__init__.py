"""The `workbook` command: `app` puts it together, one module for each group of subcommands."""
