/** What `qalam collector --help` says of the sidecar's flags; `collector/arguments.ts` reads them. */

/** One dash and a value each, as Katib writes them, so they are no options of this program's kind. */
export const collectorFlags = `
Flags, each with a value:
  -t NAME              the trial (default: $KATIB_TRIAL_NAME)
  -m NAMES             metrics to look for, joined by ";", the objective first; without it every one
  -o-type TYPE         minimize or maximize
  -path PATH           the file to read, or with no -format a directory of event files
  -format FORMAT       TEXT or JSON
  -f PATTERNS          filters with two groups, name and value, joined by ";"
  -url URL             the page of metrics to read, http://127.0.0.1:PORT/PATH
  -stop-rule RULE      NAME;VALUE;COMPARISON;START-STEP, as often as there are rules
  -w BOOLEAN           wait for every process of the pod (default: true)
  -p, -timeout, -s-db, -s-earlystop   taken and not used

It reports to $QALAM_SERVER_URL with the token in the file $QALAM_TOKEN_FILE.`
