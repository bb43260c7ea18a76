"""Rules about what rows say together: with each other, with other layers, with the area and with the law."""
