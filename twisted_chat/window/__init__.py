"""The client in a window, 'Gossip..!': Tk in Twisted's reactor, over the same conversation as the terminal's."""
