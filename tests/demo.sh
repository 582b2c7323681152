#!/usr/bin/env bash
# A sync of a simulated organization: two accounts, two Regions, every launch type, stopped tasks, and a
# cluster that is deleted while it is read. The simulator speaks HTTP, the program the AWS SDK.
set -euo pipefail
cd "$(dirname "$0")/.."

portolan=target/release/portolan
output=target/demo
mkdir -p "$output"

# The simulator ends with this script, because its standard input does.
coproc SIMULATOR { exec target/release/ecs-simulator --world demo --latency-ms 5 --until-stdin-closes; }
read -r url <&"${SIMULATOR[0]}"

export AWS_ACCESS_KEY_ID=AKIADEMO00000000BASE AWS_SECRET_ACCESS_KEY=any-secret-will-do
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL
roles=arn:aws:iam::111111111111:role/PortolanRead,arn:aws:iam::222222222222:role/PortolanRead

echo "ECS simulator at $url; syncing two accounts and two Regions"
echo
"$portolan" sync --summary --endpoint-url "$url" --regions us-east-1,eu-west-1 \
    --assume-role-arn "$roles" --option EcsTask.fetchStoppedTasks=true --output "$output"
echo
for object in EcsCluster EcsService EcsTask; do
	echo "$object:"
	head -n 1 "$output/$object.jsonl"
	echo
done
"$portolan" validate "$output"/*.jsonl "$output/report.json"
echo "All records are valid. They are in $output, beside report.json:"
(cd "$output" && wc -l -- *.jsonl)
echo
echo "The same world in a page, assessed; the command prints a link that opens it:"
echo
echo "    $portolan serve --demo"
