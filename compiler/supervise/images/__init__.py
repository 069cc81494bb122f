"""Images that libav's command line does not read whole, or reads differently from version to version."""
