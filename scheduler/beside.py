"""What lies beside the configuration's YAML: the team's masters, read whole."""

from pathlib import Path

from jobs.office import Log
from programme.service import Service

LARGEST = 10 * 1024 * 1024


def masters(service: Service, config: Path, log: Log) -> dict[tuple[str, str], bytes]:
    """The bytes of every declared master by (programme, plan). One that cannot be read is logged and left out."""
    found = {}
    for programme in service.programmes:
        for plan in programme.plans:
            if plan.master:
                path = config / programme.id / plan.master
                try:
                    content = path.read_bytes()
                except OSError as trouble:
                    log("master unread", plan=plan.id, trouble=f"{path}: {trouble.strerror}")
                else:
                    found[programme.id, plan.id] = content[: LARGEST + 1]
    return found
