"""How requests go over sockets: connections, TLS, proxies, one loop for all of them."""
