"""From images of lamps to the wavelength of every pixel."""
