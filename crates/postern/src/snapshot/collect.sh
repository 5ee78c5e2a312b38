#!/usr/bin/env bash
#
# Writes a snapshot: what AWS says of an organisation or an account, one file a call.
#
#   bash collect.sh FOLDER
#
# It makes the calls of the AWS CLI that stand below, with your credentials, and no other. All of them read and none
# changes anything; `postern snapshot commands --policy` prints the permissions they need. What is refused or fails is
# noted in the manifest, and the script goes on. It may be run again: the folder of an account is replaced when its new
# one is complete. Needs bash, the AWS CLI and the commands that every Unix has.
#
# POSTERN_JOBS is the number of accounts that are read at the same time, 4 if it is not set.

set -u -o pipefail
umask 077

#: settings

out=${1:-}
if (($# != 1)) || [[ -z $out ]]; then
  printf 'usage: bash %s FOLDER\n' "${0##*/}" >&2
  exit 2
fi
if ! command -v aws >/dev/null; then
  printf 'the AWS CLI is not there: no command aws\n' >&2
  exit 2
fi
case $out in -*) out=./$out ;; esac

export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off PYTHONUTF8=1
export AWS_RETRY_MODE="${AWS_RETRY_MODE:-standard}" AWS_MAX_ATTEMPTS="${AWS_MAX_ATTEMPTS:-8}"

# ------------------------------------------------------------------------------------------------ one call

say() { printf '%s\n' "$*" >&2; }

# Sets `encoded` to the name of the file for an item.
encode() {
  local LC_ALL=C text=$1 at letter number hex
  encoded=''
  for ((at = 0; at < ${#text}; at++)); do
    letter=${text:at:1}
    case $letter in
      [a-zA-Z0-9_+=,@-]) encoded+=$letter ;;
      .) if ((at == 0)); then encoded+=%2E; else encoded+=.; fi ;;
      *)
        printf -v number '%d' "'$letter"
        printf -v hex '%%%02X' "$((number & 255))"
        encoded+=$hex
        ;;
    esac
  done
}

# Sets `quoted` to a text as JSON.
quote() {
  quoted=${1//\\/\\\\}
  quoted=\"${quoted//\"/\\\"}\"
}

# The AWS CLI in the account that is read.
as_account() {
  if [[ -n $key ]]; then
    AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token aws "$@" </dev/null
  else
    aws "$@" </dev/null
  fi
}

# Sets `code` to the error code in what the AWS CLI printed, or to why there is none.
read_code() {
  local pattern='An error occurred \(([A-Za-z0-9_.:-]+)\)' error
  error=$(<"$work/error")
  if [[ $error =~ $pattern ]]; then
    code=${BASH_REMATCH[1]}
  elif [[ $error == *'Could not connect to the endpoint URL'* ]]; then
    code=EndpointConnectionError
  elif [[ $error == *'Unable to locate credentials'* ]]; then
    code=NoCredentialsError
  else
    code=CliExit$1
  fi
}

# Adds an entry to the manifest: note NAME STATUS CODE, for what stands in `items`.
note() {
  local item list='' entry
  for item in ${items[@]+"${items[@]}"}; do
    quote "$item"
    list+="${list:+, }$quoted"
  done
  entry="{\"region\": \"$region\", \"call\": \"$1\""
  [[ -z $list ]] || entry+=", \"items\": [$list]"
  entry+=", \"status\": \"$2\""
  [[ -z $3 ]] || entry+=", \"code\": \"$3\""
  printf '%s, "at": "%s"}\n' "$entry" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >>"$work/entries"
}

# Makes one call for what stands in `items`: call NAME CODES ARGUMENT…, where CODES are the error codes, with a blank on
# both sides, that mean that there is none. Sets `answered` to the file with the answer, or to nothing.
call() {
  local name=$1 absent=$2 item file rc code status
  shift 2
  key_of_answer=$name
  for item in ${items[@]+"${items[@]}"}; do
    encode "$item"
    key_of_answer+=/$encoded
  done
  file=$part/$region/$key_of_answer.json
  answered=''
  last=("$@" --region "$endpoint" --output json)
  if [[ $unreachable == *" $1 "* ]]; then
    note "$name" failed EndpointConnectionError
    return
  fi
  renew
  mkdir -p "${file%/*}"
  as_account "${last[@]}" >"$file" 2>"$work/error"
  rc=$?
  if ((rc == 0)); then
    [[ -s $file ]] || printf '{}\n' >"$file"
    answered=$file
    note "$name" ok ''
    return
  fi
  rm -f "$file"
  read_code "$rc"
  case " $code " in
    *' AccessDenied'* | *' Unauthorized'* | *' NotAuthorized'* | *' AuthorizationError '*) status=denied ;;
    *) if [[ $absent == *" $code "* ]]; then status=absent; else status=failed; fi ;;
  esac
  [[ $code != EndpointConnectionError ]] || unreachable+="$1 "
  note "$name" "$status" "$code"
}

# Keeps the values that stand at a place in the last answer: pick PLACE. Asks again, for these values alone, one a line
# and without nulls, as the AWS CLI can print them.
pick() {
  local member=${1##*.} list=@ query values folder=$work/values/$key_of_answer
  [[ $1 != *.* ]] || list=${1%.*}
  if [[ $list == *'[]'* ]]; then list="($list || \`[]\`)"; else list="[$list]"; fi
  query="${list}[?${member}].[${member}]"
  if [[ -z $answered ]] || ! grep -q "\"$member\"" "$answered"; then
    return
  fi
  if ! values=$(as_account "${last[@]}" --query "$query" --output text 2>"$work/error"); then
    say "$account $region: the items in ${key_of_answer%%/*} could not be read; what hangs on them is not asked"
    return
  fi
  mkdir -p "$folder"
  printf '%s\n' "$values" >>"$folder/:$member"
}

# Sets `found` to values that were kept, each once: gather NAME[/ITEM] MEMBER…
gather() {
  local value
  found=()
  while IFS= read -r value; do
    [[ -z $value ]] || found+=("$value")
  done < <(
    while (($# > 0)); do
      [[ ! -d $work/values/$1 ]] || find "$work/values/$1" -type f -name ":$2" -exec cat {} +
      shift 2
    done | LC_ALL=C sort -u
  )
}

# ------------------------------------------------------------------------------------------------ the calls

#: calls

# ------------------------------------------------------------------------------------------------ accounts

# Takes the role in the account, again when its credentials come to their end.
renew() {
  local credentials
  if [[ -z $role_arn ]] || { [[ -n $key ]] && ((SECONDS < renew_at)); }; then
    return 0
  fi
  # Tabs are white space to `read`; the three are never empty.
  if ! credentials=$(aws sts assume-role --role-arn "$role_arn" --role-session-name postern-snapshot \
    --region "${regions[0]}" --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text \
    </dev/null 2>"$work/error"); then
    return 1
  fi
  IFS=$'\t' read -r key secret token <<<"$credentials"
  renew_at=$((SECONDS + 2400))
}

# Reads one account: read_account ID ROLE-ARN, without a role as whoever runs this.
read_account() {
  account=$1 role_arn=$2
  key='' secret='' token='' renew_at=0
  work=$scratch/$account part=$out/.part/$account
  region=global endpoint=${regions[0]} unreachable=' '
  items=() last=() found=()
  rm -rf "$part"
  mkdir -p "$part" "$work/values"
  : >"$work/entries"
  as=$caller
  if [[ -n $role_arn ]]; then
    as=$role_arn
    if ! renew; then
      read_code 1
      say "$account: $role_arn cannot be assumed ($code)"
      case $code in
        AccessDenied*) note sts.AssumeRole denied "$code" ;;
        *) note sts.AssumeRole failed "$code" ;;
      esac
      keep
      return
    fi
  fi
  say "$account"
  account_calls
  [[ -n $role_arn ]] || read_organization
  for region in "${regions[@]}"; do
    say "$account $region"
    endpoint=$region unreachable=' '
    rm -rf "$work/values"
    mkdir -p "$work/values"
    region_calls
  done
  keep
}

# The organisation is told by its management account and by delegated administrators: whoever may list its roots.
read_organization() {
  local own=$part/global/organizations.DescribeOrganization.json
  if [[ -f $own ]] && grep -q "\"MasterAccountId\": \"$account\"" "$own"; then
    organization_calls
  elif aws organizations list-roots --region "$endpoint" --output json </dev/null >/dev/null 2>&1; then
    organization_calls
  else
    say "$account: neither the management account nor a delegated administrator; no organisation is read"
  fi
}

# Writes the manifest, and puts the folder of the account where it belongs.
keep() {
  local entry before=''
  quote "$as"
  {
    printf '{\n  "snapshot": 1,\n  "account": "%s",\n  "made_by": "%s",\n  "as": %s,\n  "calls": [\n' \
      "$account" "$made_by" "$quoted"
    while IFS= read -r entry; do
      printf '%s    %s' "$before" "$entry"
      before=$',\n'
    done <"$work/entries"
    printf '\n  ]\n}\n'
  } >"$part/manifest.json"
  mkdir -p "$out/accounts"
  rm -rf "$out/accounts/$account"
  mv "$part" "$out/accounts/$account"
  say "$account: $(count ok) answered, $(count absent) absent, $(count denied) denied, $(count failed) failed"
}

count() { grep -c "\"status\": \"$1\"" "$work/entries"; }

# ------------------------------------------------------------------------------------------------ begin

scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
# shellcheck disable=SC2046 # each is a process of its own
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
mkdir -p "$out/.part" || exit 3

# Credentials of the caller stand in the environment or in the AWS CLI's own files; none is written anywhere.
if ! identity=$(aws sts get-caller-identity --region "${regions[0]}" --query '[Account,Arn]' --output text </dev/null); then
  say 'the AWS CLI does not say who you are; are there credentials?'
  exit 2
fi
IFS=$'\t' read -r own caller <<<"$identity"
if [[ ! $own =~ ^[0-9]{12}$ ]]; then
  say "\`$own\` is not an account id"
  exit 3
fi
partition=${caller#arn:}
partition=${partition%%:*}

read_account "$own" ''
if [[ -n $role ]]; then
  if ((${#accounts[@]} == 0)); then
    if ! listed=$(aws organizations list-accounts --region "${regions[0]}" \
      --query "Accounts[?Status=='ACTIVE'].[Id]" --output text </dev/null); then
      say 'the accounts of the organisation cannot be listed; --account names them'
      exit 3
    fi
    while IFS= read -r id; do
      [[ ! $id =~ ^[0-9]{12}$ ]] || accounts+=("$id")
    done <<<"$listed"
  fi
  running=0
  for id in ${accounts[@]+"${accounts[@]}"}; do
    [[ $id != "$own" ]] || continue
    read_account "$id" "arn:$partition:iam::$id:role/$role" &
    running=$((running + 1))
    if ((running % ${POSTERN_JOBS:-4} == 0)); then
      wait
    fi
  done
  wait
fi
rmdir "$out/.part" 2>/dev/null || true
say "the snapshot is in $out"
