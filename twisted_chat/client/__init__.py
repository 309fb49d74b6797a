"""The client: ``python -m twisted_chat.client``, and the parts that another front end can use."""
