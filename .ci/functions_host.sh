#!/usr/bin/env bash
# Run the app on the Functions host (`func start`) with Azurite and the model simulator: 40 items, with the worker killed in
# the middle. Fails unless the run completes with all items and images, with at most one concurrency window billed twice.
# docs/verification.md says where this script was run.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091 # the host starts the Python of the active environment
source .venv/bin/activate
work=$(mktemp -d)
window=4
trap 'kill $(jobs -p) 2>/dev/null || true; tail -n 40 "$work"/*.log' EXIT

wait_for() { # URL
  for _ in $(seq 120); do
    if curl --silent --fail --output /dev/null "$1"; then return; fi
    sleep 1
  done
  echo "$1 does not answer" >&2
  return 1
}
count() { curl --silent http://127.0.0.1:8081/_stats | python -c "import json, sys; print(json.load(sys.stdin)['billedImageCount'])"; }

echo '{"latencySeconds": {"text": 0.2, "image": 2}}' > "$work/faults.json"
tests/azurite/node_modules/.bin/azurite --silent --location "$work" --disableTelemetry --skipApiVersionCheck > "$work/azurite.log" 2>&1 &
seeder simulate --port 8081 --faults "$work/faults.json" > "$work/simulator.log" 2>&1 &
wait_for http://127.0.0.1:8081/_stats

export AzureWebJobsStorage=UseDevelopmentStorage=true FUNCTIONS_WORKER_RUNTIME=python STORE=blob
export AZURE_OPENAI_ENDPOINT=http://127.0.0.1:8081 AZURE_OPENAI_API_KEY=none PARALLEL_IMAGE_REQUESTS=$window
# Messages of a killed worker are redelivered after these times; the default is five minutes.
export AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout=00:00:30
export AzureFunctionsJobHost__extensions__durableTask__storageProvider__controlQueueVisibilityTimeout=00:01:00
func start --python --port 7071 > "$work/func.log" 2>&1 &
wait_for http://127.0.0.1:7071/api/health

seeder run --json --url http://127.0.0.1:7071 --catalog lego --target-count 40 --image-size 64x64 > "$work/result.json" &
run=$!
for _ in $(seq 300); do
  if [ "$(count)" -ge 15 ]; then break; fi
  sleep 0.2
done
pkill --signal KILL --full 'workers/python/.*worker\.py' # the worker of this host, which starts another one
wait $run

python - "$work/result.json" "$(count)" $window <<'PYTHON'
import json, sys

result, billed, window = json.load(open(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
print(json.dumps({"status": result["status"], "items": result["items"], "images": result["images"], "billed": billed}))
assert result["status"] == "Completed", result
assert result["items"] == 40, result
assert result["images"]["made"] + result["images"]["kept"] == 40, result
assert 40 <= billed <= 40 + window, billed
PYTHON
