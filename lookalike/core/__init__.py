"""What every stage stands on: artifacts, catalog, images, command line, executors. No TensorFlow here."""
