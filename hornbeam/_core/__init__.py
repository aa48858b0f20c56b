"""The ground floors: settings, names, state, graph, shape inference and operations."""
