"""What the log promises, when the worst happens: the server killed, the power cut, the disk full, locked or broken.

Real servers, real sockets, a real file. In its short form it takes about a minute; with CHAT_TEST_LONG=1 it is as
thorough as it should be (100 kills, 100 power cuts, 20,000 words). What is random is seeded: a failure says with
which seed, and CHAT_TEST_SEED=... plays it again, as far as two processes can be made to.
"""
