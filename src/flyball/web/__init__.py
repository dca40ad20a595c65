"""The doors by HTTP: the data plane's adapter, the control API and the live dashboard."""
