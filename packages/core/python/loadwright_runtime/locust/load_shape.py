"""Stages of a load as Locust's load shape."""

from locust import LoadTestShape

from ..load.load_plan import LoadPlan


def users_at(plan: LoadPlan, seconds: float) -> int | None:
    """Users wanted at a time after the start, or None after the end."""
    users, begin = plan.start_users, 0.0
    for stage in plan.stages:
        end = begin + stage.duration_seconds
        if seconds < end:
            return round(users + (stage.users - users) * (seconds - begin) / stage.duration_seconds)
        users, begin = stage.users, end
    return None


def stages_shape(plan: LoadPlan) -> type[LoadTestShape]:
    """A load shape that walks through the stages. Locust asks it once a second."""

    class Stages(LoadTestShape):
        _tick = (plan.start_users, 1)

        def reset_time(self) -> None:
            super().reset_time()
            self._tick = (plan.start_users, 1)

        def tick(self) -> tuple[int, float] | None:
            users = users_at(plan, self.get_run_time())
            if users is None:
                return None
            before = self._tick[0]
            if users != before:
                # All at once: Locust blocks until the users are there, so a slower rate would lag behind.
                self._tick = (users, abs(users - before))
            return self._tick

    return Stages
