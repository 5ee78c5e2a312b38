// Who may do what, by @cloud-copilot/iam-simulate: every user and role of a store in the layout of iam-collect is asked,
// as iam-lens asks them. Both programs that go with the engine, iam-lens and iam-collect, could not be fetched from the
// registry; which policies and context keys a request has is therefore put together here, from the store alone.
//
//   node who_peer.mjs FOLDER_WITH_NODE_MODULES STORE QUESTIONS
//
// Answers one JSON object for each question, with the principals that are allowed (`always`), that are under conditions
// which the request has to meet (`if`), and, at the end, how long the questions took. Knows nothing of the program it is
// compared with.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [folder, store, questions] = process.argv.slice(2)
const load = (name) => import(pathToFileURL(createRequire(`${folder}/`).resolve(name)).href)
const { runSimulation, anonymousPrincipal } = await load('@cloud-copilot/iam-simulate')
const base = join(store, 'aws/aws')

const started = process.hrtime.bigint()
const readIf = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined)
const names = (path) => (existsSync(path) ? readdirSync(path) : [])

const managed = new Map()
const principals = []
const resources = new Map()
const accountBlocks = new Map()
const groups = new Map()

const things = (path, found = []) => {
  const metadata = readIf(join(path, 'metadata.json'))
  if (metadata?.arn) found.push({ ...metadata, path })
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) things(join(path, entry.name), found)
  return found
}

const accounts = names(join(base, 'accounts'))
for (const account of accounts) {
  for (const { path, arn } of things(join(base, 'accounts', account))) {
    if (/:iam::[^:]*:policy\//.test(arn)) managed.set(arn, readIf(join(path, 'policy.json')))
    else if (/:iam::[^:]*:group\//.test(arn)) groups.set(arn, path)
    else if (/:iam::[^:]*:(user|role)\//.test(arn)) principals.push({ arn, path, account })
    else resources.set(arn, { path, account, arn })
    if (/:iam::[^:]*:role\//.test(arn)) resources.set(arn, { path, account, arn, policy: readIf(join(path, 'trust-policy.json')) })
  }
  accountBlocks.set(account, readIf(join(base, 'accounts', account, 's3/bpa.json')))
}

const policiesAt = (path) => [
  ...(readIf(join(path, 'inline-policies.json')) ?? []).map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, policy: PolicyDocument })),
  ...(readIf(join(path, 'managed-policies.json')) ?? []).map((arn) => ({ name: arn, policy: managed.get(arn) }))
]

// The engine puts this one beside every RCP by itself, and refuses it in its input.
const isImplied = (arn) => arn.endsWith('/p-RCPFullAWSAccess')

// Levels of SCPs and RCPs, from the root down.
const organizations = new Map()
const places = new Map()
for (const id of names(join(base, 'organizations'))) {
  const at = (name) => join(base, 'organizations', id, name)
  const [metadata, ous, members] = ['metadata', 'ous', 'accounts'].map((name) => readIf(at(`${name}.json`)))
  organizations.set(id, { id, management: metadata.rootAccountId })
  const policy = (kind, arn) => {
    const own = arn.split('/').at(-1)
    return { name: own, policy: readIf(at(`${kind}/${own.toLowerCase()}/policy.json`)) }
  }
  for (const [account, member] of Object.entries(members)) {
    const nodes = [[account, member]]
    for (let parent = member.ou; parent; parent = ous[parent].parent) nodes.unshift([parent, ous[parent]])
    const levels = (kind) => nodes.map(([node, value]) =>
      ({ orgIdentifier: node, policies: value[kind].filter((arn) => !isImplied(arn)).map((arn) => policy(kind, arn)) }))
    const path = [id, ...nodes.slice(0, -1).map(([node]) => node), ''].join('/')
    const isManagement = account === metadata.rootAccountId
    places.set(account, {
      organization: id, path, scps: isManagement ? [] : levels('scps'), rcps: isManagement ? [] : levels('rcps')
    })
  }
}

for (const principal of principals) {
  const { path } = principal
  const own = policiesAt(path)
  const ofGroups = (readIf(join(path, 'groups.json')) ?? []).flatMap((arn) => policiesAt(groups.get(arn)))
  principal.identityPolicies = [...own, ...ofGroups]
  const boundary = readIf(join(path, 'permissions-boundary.json'))?.arn
  principal.boundary = boundary ? [{ name: boundary, policy: managed.get(boundary) }] : undefined
  principal.tags = readIf(join(path, 'tags.json')) ?? {}
  principal.id = readIf(join(path, 'metadata.json')).id
}

const bucketOf = (arn) => (arn.startsWith('arn:aws:s3:::') ? arn.split('/')[0] : arn)
const isServiceLinked = (arn) => arn.includes(':role/aws-service-role/')

const simulation = (principal, { action, resource, resource_account }) => {
  const arn = resource ?? '*'
  const found = resources.get(bucketOf(arn))
  const owner = resource ? (found?.account ?? (arn.split(':')[4] || principal.account)) : resource_account
  const [home, there] = [places.get(principal.account), places.get(owner)]
  const region = arn.split(':')[3]
  // What an account-less model says of its owner is not documented.
  const isOwned = resource && (found || arn.split(':')[4])
  const context = {
    'aws:SecureTransport': 'true', 'aws:ViaAWSService': 'false', 'aws:PrincipalIsAWSService': 'false',
    'aws:PrincipalArn': principal.arn, 'aws:PrincipalAccount': principal.account,
    'aws:PrincipalType': principal.arn.includes(':user/') ? 'User' : 'AssumedRole',
    ...(home ? { 'aws:PrincipalOrgID': home.organization, 'aws:PrincipalOrgPaths': [home.path] } : {}),
    ...(isOwned ? { 'aws:ResourceAccount': owner } : {}),
    ...(isOwned && there ? { 'aws:ResourceOrgID': there.organization, 'aws:ResourceOrgPaths': [there.path] } : {}),
    ...(region ? { 'aws:RequestedRegion': region } : {}),
    ...(action.startsWith('kms:') ? { 'kms:CallerAccount': principal.account } : {}),
    ...(principal.arn.includes(':user/') ? { 'aws:username': principal.arn.split('/').at(-1) } : {}),
    ...Object.fromEntries(Object.entries(principal.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]))
  }
  // What the store tells for certain: the keys above, and that a principal without organisation or tags has none. Tags of
  // sessions are not told apart from those of roles.
  const known = [...Object.keys(context), 'aws:PrincipalOrgID', 'aws:PrincipalOrgPaths', 'aws:SourceAccount', 'aws:SourceArn',
    'aws:username', ...(isOwned ? ['aws:ResourceOrgID', 'aws:ResourceOrgPaths'] : [])]
  const constraints = [...known, '/^aws:PrincipalTag\\/.*$/'].map((keyName) => ({ keyName, presenceIsKnown: true, valueIsKnown: true }))
  const bpa = arn.startsWith('arn:aws:s3:::') && found
    ? [readIf(join(found.path, 'bpa.json')), accountBlocks.get(owner)].some((block) => block?.RestrictPublicBuckets)
    : false
  const unlimited = isServiceLinked(principal.arn)
  return [{
    request: { principal: principal.arn, action, resource: { resource: arn, accountId: owner }, contextVariables: context },
    identityPolicies: principal.identityPolicies,
    serviceControlPolicies: unlimited ? [] : (home?.scps ?? []),
    resourceControlPolicies: unlimited ? [] : (there?.rcps ?? []),
    permissionBoundaryPolicies: principal.boundary,
    resourcePolicy: found?.policy ?? (found ? readIf(join(found.path, 'policy.json')) : undefined),
    additionalSettings: { s3: { blockPublicAccess: bpa } }
  }, { simulationMode: 'Discovery', discoveryContextKeyConstraints: constraints }]
}

const answer = async (question) => {
  const [always, conditional] = [[], []]
  for (const principal of principals) {
    const response = await runSimulation(...simulation(principal, question))
    if (response.resultType === 'error') return { error: response.errors }
    const analysis = (response.result ?? response.results[0]).analysis
    if (analysis.result !== 'Allowed') continue
    const free = analysis.conditions ? analysis.conditions.conditionType === 'always' : !analysis.ignoredConditions
    ;(free ? always : conditional).push(principal.arn)
  }
  return { always: always.sort(), if: conditional.sort() }
}

const asked = readFileSync(questions, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
const loaded = process.hrtime.bigint()
for (const question of asked) process.stdout.write(JSON.stringify({ ...question, ...(await answer(question)) }) + '\n')
const done = process.hrtime.bigint()
process.stdout.write(JSON.stringify({ load_ms: Number(loaded - started) / 1e6, answer_ms: Number(done - loaded) / 1e6,
  principals: principals.length }) + '\n')
