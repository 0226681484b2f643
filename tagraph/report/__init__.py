"""What people look at outside a terminal: figures, graph files, the HTML report."""
