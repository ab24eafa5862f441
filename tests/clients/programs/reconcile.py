"""Match names with reconciler, a client of others for pandas, in the clients' own environment.

    python reconcile.py SERVICE < REQUEST.json

takes names, and maybe a type and the values of a property, and prints the candidates as JSON.
"""

import json
import sys

import pandas as pd
from reconciler import reconcile


def main() -> None:
    request = json.load(sys.stdin)
    frame = pd.DataFrame({"name": request["names"], **request.get("properties", {})})
    found = reconcile(
        frame["name"],
        type_id=request.get("type"),
        top_res=request.get("top", 1),
        property_mapping={name: frame[name] for name in request.get("properties", {})} or None,
        reconciliation_endpoint=sys.argv[1],
    )
    sys.stdout.write(found.to_json(orient="records"))


if __name__ == "__main__":
    main()
