"""What `limber doctor` looks at, one finding a part; looking changes nothing."""
