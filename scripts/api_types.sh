#!/usr/bin/env bash
# Usage: api_types.sh [FILE]. Writes the types of our API's requests and answers for the frontend, from the OpenAPI
# document of the code as it is; into FILE if one is given.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
.venv/bin/python - > build/openapi.json <<'PYTHON'
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from oriel.app import create_app
from oriel.settings import Settings

with TemporaryDirectory() as folder:
    secret = "only for the document of the api"
    app = create_app(
        Settings(_env_file=None, data_dir=Path(folder), public_url="http://127.0.0.1:5000",
                 secret_key=secret, jwt_secret_key=secret[::-1])
    )
    print(json.dumps(app.spec))
PYTHON
node_modules/.bin/openapi-typescript build/openapi.json --output "${1:-frontend/lib/api-schema.d.ts}" >/dev/null
