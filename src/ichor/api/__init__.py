"""The machine API: services over the store, authorisation, errors to statuses in one table."""
