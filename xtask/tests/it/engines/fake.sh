#!/bin/sh
# An engine that keeps notes in the folder FAKE_ENGINE instead of images and containers.
# A container is a process that does nothing. A file `faults/<command>` holds how that
# command goes wrong: fail, hang, garbage, or a lie of its own.
set -u
state=$FAKE_ENGINE
engine=${0##*/}
mkdir -p "$state/images" "$state/containers" "$state/networks" "$state/faults"
case $1 in image | container | network | volume) command="$1 $2"; shift 2 ;; *) command=$1; shift ;; esac
# Of an archive on this machine that is the same as `load`.
case "$command $*" in "pull --quiet docker-archive:"*) command=load; set -- there "${2#*:}" ;; esac
echo "$command $*" >>"$state/calls"

fault=$(cat "$state/faults/$command" 2>/dev/null)
case $fault in
  fail) echo "Error: the fake $command is out of order" >&2; exit 125 ;;
  hang) exec sleep 1000 ;;
  garbage) echo 'no { json'; exit 0 ;;
  races)
    rm "$state/faults/$command"
    echo "Error: locating item named \"manifest\" for image (consider removing the image to resolve the issue)" >&2
    exit 125 ;;
  # It unmounts in a process of its own what a container had that has just ended.
  busy)
    rm "$state/faults/$command"
    echo "Error: removing container root filesystem: unlinkat userdata/shm: device or resource busy" >&2
    exit 125 ;;
  # The load of what has no name here was ended in the middle.
  half)
    case $1 in
      */*) ;;
      *)
        if [ ! -e "$state/healed" ]; then
          echo "Error: locating item named \"manifest\" for image (consider removing the image to resolve the issue): file does not exist" >&2
          exit 125
        fi ;;
    esac ;;
  "after stop")
    for _ in $(seq 100); do grep -q '^stop' "$state/calls" && break; sleep 0.1; done
    grep -q '^stop' "$state/calls" || { echo "Error: nothing was stopped" >&2; exit 125; } ;;
  says*) echo "Error: ${fault#says }" >&2; exit 125 ;;
esac

elsewhere=false
[ "$fault" = elsewhere ] && elsewhere=true
# Names of images have slashes.
note() { echo "$state/images/$(echo "$1" | tr / @)"; }
# An image by its name, or by its digest.
find_image() {
  if [ -e "$(note "$1")" ]; then note "$1"; return; fi
  grep -lx "${1#sha256:}" "$state"/images/* 2>/dev/null | head -n 1
}
# The run that a list is filtered by.
of_run() { grep -- "$(echo "$1" | sed -n 's/.*label=onetag.run=\([0-9a-f]*\).*/\1/p')"; }
absent() { echo "Error: no such $1" >&2; exit 125; }

case $command in
  info)
    case $engine in
      podman) echo '{"host":{"arch":"amd64","cgroupVersion":"v2","serviceIsRemote":'"$elsewhere"',"security":{"rootless":false}},"store":{"graphDriverName":"overlay","graphRoot":"'"$state"'"},"version":{"Version":"4.3.1"}}' ;;
      docker) echo '{"ServerVersion":"20.10.24","Architecture":"x86_64","Driver":"overlay2","CgroupVersion":"1","OperatingSystem":"Debian","SecurityOptions":[]}' ;;
    esac ;;
  "network inspect") [ -e "$state/networks/$1" ] || absent network
    echo '[{"subnets":[{"subnet":"10.89.0.0/24","gateway":"10.89.0.1"}]}]' ;;
  "network create") for last; do :; done; touch "$state/networks/$last" ;;
  "network rm") rm "$state/networks/$1" 2>/dev/null || absent network ;;
  "network ls") ls "$state/networks" | of_run "$*" ;;
  # Nothing that it runs has one.
  "volume ls") ;;
  load)
    manifest=$(tar -xOf "$2" manifest.json)
    digest=$(echo "$manifest" | sed 's/.*"Config":"blobs\/sha256\/\([0-9a-f]*\)".*/\1/')
    name=$(echo "$manifest" | sed 's/.*"RepoTags":\["\([^"]*\)"\].*/\1/')
    [ "$fault" = keep ] && cp "$2" "$state/"
    # Its daemon has all of it.
    if [ "$fault" = "goes on" ]; then
      (sleep 1; echo "$digest" >"$(note "$name")"; touch "$state/loaded") >/dev/null 2>&1 &
      exit 1
    fi
    # It names an image last.
    if [ "$fault" = dies ]; then echo "$digest" >"$state/images/$digest"; touch "$state/loaded"; exit 125; fi
    [ "$fault" = lie ] && digest=$(echo "$digest" | tr 0-9a-f 1-9a-f0)
    # What is loaded first is gone at once.
    if [ "$fault" = "once lost" ] && [ ! -e "$state/lost $(echo "$name" | tr / @)" ]; then
      touch "$state/lost $(echo "$name" | tr / @)"
      exit 0
    fi
    echo "$digest" >"$(note "$name")" ;;
  "image inspect")
    # All but what has a name of the second generation takes long.
    case $fault$1 in slow*.2) ;; slow*/*) sleep 4 ;; esac
    found=$(find_image "$1")
    [ -n "$found" ] || absent image
    case $found in *:*) names='["a name"]' ;; *) names='[]' ;; esac
    echo "[{\"Id\":\"$(cat "$found")\",\"RepoTags\":$names}]" ;;
  tag) found=$(find_image "$1"); [ -n "$found" ] || absent image; cp "$found" "$(note "$2")" ;;
  build)
    tags='' id='' file=''
    while [ $# -gt 1 ]; do
      case $1 in
        --tag) tags="$tags $2"; shift ;;
        --iidfile) id=$2; shift ;;
        --file) file=$2; shift ;;
      esac
      shift
    done
    echo "STEP 1/1: $(head -n 1 "$file")"
    # An instruction that nobody can follow.
    if grep -q RUN "$file"; then
      echo "Error: building at STEP \"$(grep RUN "$file")\": exit status 1" >&2
      exit 1
    fi
    digest=$(cat "$file" "$1/content" | sha256sum | cut -d ' ' -f 1)
    for tag in $tags; do echo "$digest" >"$(note "$tag")"; done
    [ "$fault" = lie ] && digest=$(echo "$digest" | tr 0-9a-f 1-9a-f0)
    echo "sha256:$digest" >"$id" ;;
  rmi)
    for last; do :; done
    if [ "$(cat "$state/faults/image inspect" 2>/dev/null)" = half ] && [ "$last" = "${last#*/}" ]; then
      touch "$state/healed"
      exit 0
    fi
    if [ "$fault" = "writes back" ]; then
      rm "$state/faults/rmi"
      # As podman before 4.8: what it read is written when another may have written.
      read="$(note "$last")"
      names=$(grep -lxf "$read" "$state"/images/* | grep -vxF "$read")
      digest=$(cat "$read")
      for _ in $(seq 40); do [ -e "$state/removed" ] && break; sleep 0.05; done
      for name in $names; do echo "$digest" >"$name"; done
    fi
    rm "$(note "$last")" 2>/dev/null || absent image
    touch "$state/removed" ;;
  images) ls "$state/images" | tr @ / ;;
  run)
    while [ $# -gt 0 ]; do
      case $1 in
        --name) name=$2; shift ;;
        localhost/*) image=$1 ;;
      esac
      shift
    done
    case $fault in exits) sleep=0 ;; *) sleep=1000 ;; esac
    setsid sleep $sleep >/dev/null 2>&1 </dev/null &
    digest=$(cat "$(note "$image")")
    [ "$fault" = lie ] && digest=$(echo "$digest" | tr 0-9a-f 1-9a-f0)
    echo "$! $digest" >"$state/containers/$name"
    [ "$fault" = exits ] && wait $! ;;
  "container inspect")
    [ -e "$state/containers/$1" ] || absent container
    read -r pid digest <"$state/containers/$1"
    status=running
    # Nobody may have waited for one that has ended.
    { kill -0 "$pid" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$pid/status"; } || { status=exited; pid=0; }
    echo "[{\"Image\":\"$digest\",\"State\":{\"Status\":\"$status\",\"ExitCode\":7,\"Pid\":$pid}}]" ;;
  stop | kill | rm)
    for last; do :; done
    [ -e "$state/containers/$last" ] || absent container
    read -r pid digest <"$state/containers/$last"
    if ! kill "$pid" 2>/dev/null && [ "$command" = kill ]; then
      echo "Error: can only kill running containers" >&2
      exit 125
    fi
    if [ "$command" = rm ]; then rm "$state/containers/$last"; fi ;;
  ps) ls "$state/containers" | of_run "$*" ;;
  logs) echo "what $1 has printed" ;;
esac
exit 0
