"""HAProxy and nginx with the files of deploy/, at other ports and in a temporary folder."""

import re
from collections.abc import Sequence
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
FILES = {"haproxy": "haproxy.cfg", "nginx": "nginx.conf"}


def proxy(
    program: str, folder: Path, port: int, processes: Sequence[int], log: str = ""
) -> list[str]:
    """Write the configuration of a proxy; return the command that starts it.

    `processes` are the ports in place of 8000 and those that follow, of which the last stands for
    all further ones; `log` is the format of nginx's log of requests.
    """
    text = (DEPLOY / FILES[program]).read_text("utf-8")
    ports = {8080: port} | {
        8000 + number: processes[min(number, len(processes) - 1)] for number in range(4)
    }
    text = re.sub(
        r"127\.0\.0\.1:(80\d\d)", lambda found: f"127.0.0.1:{ports[int(found[1])]}", text
    )
    file = folder / "configuration"
    if program == "haproxy":
        file.write_text(text)
        return ["haproxy", "-db", "-f", str(file)]
    text = text.replace("/var/cache/nginx/aidapi", f"{folder}/kept")
    logged = f"log_format drill '{log}'; access_log {folder}/requests drill;" if log else ""
    file.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{ }}\n"
        f"http {{ {logged or 'access_log off;'} client_body_temp_path {folder}/body;"
        f" proxy_temp_path {folder}/proxy;\n{text}}}\n"
    )
    return ["nginx", "-e", f"{folder}/log", "-c", str(file)]
