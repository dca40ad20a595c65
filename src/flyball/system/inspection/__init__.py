"""What is looked for in a system before it is accepted; each file knows the mistakes of one noun."""
