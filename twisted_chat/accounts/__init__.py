"""Accounts: whose name it is, behind the Accounts seam."""
