"""One file for each group of addresses. Routes translate: HTTP in, one question or command, HTTP out."""
