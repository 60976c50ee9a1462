# Runs one program to its end: shim.sh DIRECTORY LOG PROGRAM [ARGUMENT]...
#
# DIRECTORY/claim   made exclusively before anything runs: boot, process id and start time of this shell
# DIRECTORY/exit    the exit code and a line feed, in one write; without the line feed it is not there yet
#
# The shell survives the signals of its process group, so that it can tell how the program ended. What the program left
# behind in the group is killed at the end, unless the group was asked to end: then it has its grace.
directory=$1
log=$2
shift 2
stopped=
trap 'stopped=1' TERM INT HUP

if [ -r /proc/self/stat ]; then
  read -r boot < /proc/sys/kernel/random/boot_id
  read -r stat < /proc/$$/stat
  field_20() { start=${20}; }
  field_20 ${stat##*) }
else
  boot=$(sysctl -n kern.bootsessionuuid 2> /dev/null)
  start=$(ps -o lstart= -p $$ | tr -s ' ' _)
fi
set -C
{ echo "$boot $$ $start" > "$directory/claim"; } 2> /dev/null || exit 75
set +C

exec >> "$log" 2>&1 < /dev/null
"$@"
code=$?

echo "$code" > "$directory/exit"
[ -n "$stopped" ] || kill -KILL 0
