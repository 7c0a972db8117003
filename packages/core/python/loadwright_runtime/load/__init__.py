"""Which requests are sent when: the closed and the open model, and how a load begins and ends in one."""
