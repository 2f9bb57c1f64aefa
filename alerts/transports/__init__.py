"""The ways by which a message leaves, each in a module; `base` tells what they have alike."""
