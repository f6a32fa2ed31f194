"""How the hall looks, on screen and in print: templates, static files and the Pelican generator that fills them."""
