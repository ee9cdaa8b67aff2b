"""LoanHub 贷通: loan customer management for micro-lenders and loan brokers."""
