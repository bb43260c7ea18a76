"""What people have told, counted and measured: surveys, tests of speed, reports of hamlets, side by side."""
