#!/bin/sh
# drain.sh prepare   copies what the sidecar has noted
# drain.sh           exits 0 when Loki has every line on the volume, and 1 when that can't be: what
#                    is missing stands in the termination message
#
# The collector beside it goes on where the sidecar ended. When it is done, Loki is asked how many
# lines it has of each file, and for the sum of their numbers. Files of which that is not what is on
# the volume are sent again from their beginning, and Loki's acknowledgements are counted. Nothing on
# the volume is changed: whenever this is killed, the next run is like the first.
set -u -o pipefail
# Where things are; a test has them elsewhere.
buffer=${BUFFER:-/var/log/buffer}
work=${WORK:-/work}
message=${MESSAGE:-/dev/termination-log}
health=${HEALTH_URL:-http://127.0.0.1:13133/}
telemetry=${TELEMETRY_URL:-http://127.0.0.1:8888/metrics}
notes=$buffer/.otelcol

fail() {
  echo "$1" | tee "$message"
  exit 1
}
trap 'fail "told to stop"' TERM

# What a server answers within so many seconds.
get() {
  timeout "$1" wget -q -O - "$2" 2>/dev/null
}

# Lines of a file as the receiver counts them, and the sum of their numbers. An empty line has a
# number, and is not sent; a last one needs no line feed; one of more than 1 MiB comes in pieces. A
# power cut may leave zeros, which awk would take for an end.
count() {
  tr '\000' 0 <"$1" | awk '{
    sub(/\r$/, "")
    pieces = int((length($0) + 1048575) / 1048576)
    if (pieces == 0) number++
    for (; pieces > 0; pieces--) { lines++; sum += ++number }
  } END { printf "%.0f %.0f\n", lines, sum }'
}

# Sum of a metric of the collector, of one of its components; 0 where it has none.
metric() {
  echo "$metrics" | awk -v name="$1" -v component="\"$2\"" \
    'index($0, name) == 1 && index($0, component) { n += $NF } END { printf "%.0f\n", n }'
}

# Do the metrics have the size of the queue, and the line that is the last one of all?
complete() {
  [ "$(echo "$metrics" | grep -c -e '^otelcol_exporter_queue_size{.*"otlp_http"' -e '^target_info{')" = 2 ]
}

# What Loki has of a file: as count says it. A number is missing where Loki does not answer. Of a file
# whose name has no uid of a Pod, what it has may be another Pod's.
held() {
  uid=$(echo "$1" | sed -n -E 's/^[^_]+_[^_]+_([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\.log.*/\1/p')
  if [ -z "$uid" ]; then
    echo 0 0
    return
  fi
  of="{k8s_pod_uid=\"$uid\"} | log_file_name=\"$1\""
  echo "$(loki "sum(count_over_time($of [720h]))") $(loki "sum(sum_over_time($of | unwrap log_file_record_number [720h]))")"
}

loki() {
  query=$(echo "$1" | sed 's/{/%7B/g; s/}/%7D/g; s/"/%22/g; s/\[/%5B/g; s/\]/%5D/g; s/|/%7C/g; s/ /%20/g')
  get 60 "$LOKI_URL/loki/api/v1/query?query=$query" |
    sed -n -e 's/.*"result":\[\].*/0/p' -e 's/.*"value":\[[0-9.]*,"\([0-9.]*\)"\].*/\1/p'
}

# Files of which Loki has not what is on the volume, each as `LINES HELD NAME`. HELD is `?` where Loki
# does not answer; it is not asked for the others then.
doubtful() {
  silent=
  echo "$counts" | while read -r count sum name; do
    [ "${count:-0}" != 0 ] || continue
    has='?'
    [ -n "$silent" ] || has=$(held "$name")
    [ "$has" != "$count $sum" ] || continue
    case $has in
      [0-9]*' '[0-9]*) has=${has% *} ;;
      *) has='?' silent=yes ;;
    esac
    echo "$count $has $name"
  done
}

if [ "${1:-}" = prepare ]; then
  mkdir "$work/again"
  [ ! -d "$notes" ] || cp -r "$notes"/. "$work" || fail "$notes can't be copied"
  exit 0
fi

# Lines that nobody ships are lost with the volume: those in folders, in files of other names, and in
# hidden ones.
stray=$(find "$buffer" -mindepth 1 \( -path "$notes" -o -path "$buffer/lost+found" \) -prune -o \
  -type f -size +0c \( -path "$buffer/*/*" -o ! -name '[!.]*.log*' -o -name '*
*' \) -print) || fail "not all of $buffer can be read"
[ -z "$stray" ] ||
  fail "$(echo "$stray" | head -n 1) has content, and is not among the files that are shipped ($buffer/[!.]*.log*)"

counts='' inodes=''
for file in "$buffer"/[!.]*.log*; do
  # The collector reads a file once, however many names it has.
  if [ ! -f "$file" ] || [ -L "$file" ]; then continue; fi
  inode=$(stat -c %i "$file") || fail "$file can't be read"
  case "$inodes " in *" $inode "*) continue ;; esac
  inodes="$inodes $inode"
  found=$(count "$file") || fail "$file can't be read"
  counts="$counts$found ${file##*/}
"
done
lines=$(echo "$counts" | awk '{ n += $1 } END { printf "%.0f\n", n }')
if [ "$lines" = 0 ] && [ ! -d "$work/queue" ]; then
  echo "nothing was written"
  exit 0
fi

phase=resume resent=0
before='' since=$(date +%s)
while :; do
  # An answer that broke off may lack the very lines that speak against success.
  { get 5 "$health" >/dev/null && metrics=$(get 5 "$telemetry"); } || metrics=''
  # Each process logs under an id of its own before it does anything. One that was started again may
  # have lost what it had in hand of the queue, and counts from 0.
  processes=$(grep -o '"service.instance.id": *"[^"]*"' "$work/collector.log" 2>/dev/null | sort -u | wc -l)
  [ "$processes" -le 1 ] || fail "the collector was started again, and may have lost lines of the sidecar's queue"
  waiting='' state=silent found="the collector does not answer"
  if [ "$processes" = 1 ] && complete; then
    waiting=$(metric otelcol_exporter_queue_size otlp_http)
    again=$(metric otelcol_receiver_accepted_log_records file_log/again)
    refused=$(($(metric otelcol_exporter_send_failed_log_records otlp_http) +
      $(metric otelcol_exporter_send_failed_log_records otlp_http/again) +
      $(metric otelcol_receiver_refused_log_records file_log/again) + $(metric otelcol_receiver_failed_log_records file_log/again)))
    state="$phase $(metric otelcol_receiver_accepted_log_records file_log) $waiting $again"
    found="$waiting batches of the sidecar's queue are left"
    [ $phase = resume ] || found="$again of $resent lines are acknowledged, $found"
    # Those of the queue may be in no file any more.
    [ "$refused" = 0 ] || fail "lines were refused for good, the log of container collector says why; $found"
    [ "$again" -le "$resent" ] || fail "more lines were read than there are; $found"
  fi
  [ "$state" = "$before" ] || since=$(date +%s)
  before=$state
  idle=$(($(date +%s) - since))
  if [ "$waiting" != 0 ]; then
    : # There is something to be sent, or nobody says.
  elif [ "$lines" = 0 ] || { [ $phase = again ] && [ "$again" = "$resent" ]; }; then
    echo "$found"
    exit 0
  elif [ $phase = resume ] && [ $idle -ge 2 ]; then
    doubt=$(doubtful)
    if [ -z "$doubt" ]; then
      echo "$lines lines are in Loki"
      exit 0
    fi
    # It may only be late, above all where it does not answer.
    patience=5
    ! echo "$doubt" | grep -q '^[0-9]* ? ' || patience=20
    if [ $idle -ge $patience ]; then
      echo "$doubt" | while read -r count has name; do
        echo "$name has $count lines, Loki $has: all of them are sent again"
        ln -s "$buffer/$name" "$work/again/" || exit 1
      done || fail "not all files can be linked for the collector"
      phase=again resent=$(echo "$doubt" | awk '{ n += $1 } END { printf "%.0f\n", n }')
      # How long it was asked for is not held against the collector.
      continue
    fi
  fi
  [ $idle -lt "$PATIENCE" ] || fail "no progress for $PATIENCE s: $found"
  sleep 1
done
