// Writes a store in the layout of iam-collect: the example organisation acme, and beside it globex, another
// organisation, and an account that is in none; then the questions that are asked about it, one JSON object a line.
//
//   node who_store.mjs ROOT_OF_THE_REPOSITORY STORE QUESTIONS
//
// Of acme it takes what a snapshot shares with such a store: principals, policies, the tree, and resources with
// policies of their own. Globex is made up of single cases, each a resource policy, trust policy or principal that
// people ask about: see `cases` below.

import { mkdirSync, readFileSync, readdirSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const [root, store, questionsFile] = process.argv.slice(2)
const acme = join(root, 'examples/acme/accounts')
const base = join(store, 'aws/aws')
rmSync(store, { recursive: true, force: true })

const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
const readIf = (path, otherwise) => (existsSync(path) ? read(path) : otherwise)
const write = (path, value) => {
  const file = join(base, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(value, null, 2) + '\n')
}
const document = (text) => (typeof text === 'string' ? JSON.parse(text) : text)
const folder = (text) => text.toLowerCase().replaceAll(/[^a-z0-9+=,.@_-]/g, '-')

// ---- The pieces of a store -----------------------------------------------------------------------------------------

const managedUsed = new Set()

const identity = (account, kind, value) => {
  const name = value.UserName ?? value.RoleName ?? value.GroupName
  const path = `accounts/${account}/iam/${kind}/${folder(name)}`
  const id = value.UserId ?? value.RoleId ?? value.GroupId
  write(`${path}/metadata.json`, { arn: value.Arn, name, path: value.Path ?? '/', id })
  if (value.AssumeRolePolicyDocument) write(`${path}/trust-policy.json`, document(value.AssumeRolePolicyDocument))
  const inline = value.UserPolicyList ?? value.RolePolicyList ?? value.GroupPolicyList ?? []
  if (inline.length > 0) {
    write(`${path}/inline-policies.json`, inline.map(({ PolicyName, PolicyDocument }) =>
      ({ PolicyName, PolicyDocument: document(PolicyDocument) })))
  }
  const managed = (value.AttachedManagedPolicies ?? []).map(({ PolicyArn }) => PolicyArn)
  if (managed.length > 0) write(`${path}/managed-policies.json`, managed)
  const boundary = value.PermissionsBoundary?.PermissionsBoundaryArn
  if (boundary) write(`${path}/permissions-boundary.json`, { arn: boundary })
  for (const arn of [...managed, boundary]) if (arn?.includes('::aws:policy/')) managedUsed.add(arn)
  if (value.Tags?.length > 0) write(`${path}/tags.json`, Object.fromEntries(value.Tags.map(({ Key, Value }) => [Key, Value])))
  if (value.GroupList?.length > 0) {
    write(`${path}/groups.json`, value.GroupList.map((group) => `arn:aws:iam::${account}:group/${group}`))
  }
}

const customerManaged = (account, arn, policy) => {
  const path = `accounts/${account}/iam/policy/${folder(arn.split('/').at(-1))}`
  write(`${path}/metadata.json`, { arn, name: arn.split('/').at(-1) })
  write(`${path}/policy.json`, policy)
}

const questions = []
const resource = (account, path, arn, { policy, bpa, tags } = {}, actions = []) => {
  const service = arn.split(':')[2]
  const files = `accounts/${account}/${service}/${path}`
  write(`${files}/metadata.json`, { arn, name: path.split('/').at(-1) })
  if (policy) write(`${files}/policy.json`, policy)
  if (bpa) write(`${files}/bpa.json`, bpa)
  if (tags) write(`${files}/tags.json`, tags)
  for (const action of actions) ask(action, arn)
}
const ask = (action, resource, more = {}) => questions.push({ action, ...(resource ? { resource } : {}), ...more })

const organization = ({ id, management, nodes, policies, root }) => {
  const path = `organizations/${id}`
  const arn = `arn:aws:organizations::${management}:organization/${id}`
  write(`${path}/metadata.json`, {
    id, arn, rootAccountId: management, rootOu: root,
    rootAccountArn: `arn:aws:organizations::${management}:account/${id}/${management}`,
    features: { SERVICE_CONTROL_POLICY: 'ENABLED', RESOURCE_CONTROL_POLICY: 'ENABLED' }
  })
  const arns = (kind, node) => policies.filter((policy) => policy.kind === kind && policy.targets.includes(node))
    .map((policy) => policy.arn)
  const entries = (wanted) => Object.fromEntries(nodes.filter((node) => wanted(node.id)).map((node) => [node.id, {
    arn: node.arn, name: node.name, ...(node.parent ? { parent: node.parent, ou: node.parent } : {}),
    scps: arns('scps', node.id), rcps: arns('rcps', node.id)
  }]))
  write(`${path}/ous.json`, entries((id) => /^(r|ou)-/.test(id)))
  write(`${path}/accounts.json`, entries((id) => /^\d{12}$/.test(id)))
  const below = (parent) => ({
    id: parent,
    accounts: nodes.filter((node) => node.parent === parent && /^\d/.test(node.id)).map((node) => node.id),
    children: Object.fromEntries(nodes.filter((node) => node.parent === parent && /^ou-/.test(node.id))
      .map((node) => [node.id, below(node.id)]))
  })
  write(`${path}/structure.json`, { [root]: below(root) })
  for (const policy of policies) {
    const file = `${path}/${policy.kind}/${policy.id.toLowerCase()}`
    write(`${file}/metadata.json`, { arn: policy.arn, name: policy.name, awsManaged: policy.arn.includes('::aws:') })
    write(`${file}/policy.json`, policy.document)
  }
}

// ---- acme ----------------------------------------------------------------------------------------------------------

const MANAGEMENT = '111122223333'
const ACME = 'o-acmeexample'
const call = (name) => join(acme, MANAGEMENT, 'global', name)

const KINDS = { SERVICE_CONTROL_POLICY: 'scps', RESOURCE_CONTROL_POLICY: 'rcps' }
const treeOfAcme = () => {
  const [top] = read(call('organizations.ListRoots.json')).Roots
  const nodes = [{ id: top.Id, arn: top.Arn, name: top.Name }]
  for (let number = 0; number < nodes.length; number += 1) {
    const parent = nodes[number].id
    const of = (name, member) => readIf(call(`organizations.${name}/${parent}.json`), {})[member] ?? []
    for (const one of of('ListOrganizationalUnitsForParent', 'OrganizationalUnits')) {
      nodes.push({ id: one.Id, arn: one.Arn, name: one.Name, parent })
    }
    for (const one of of('ListAccountsForParent', 'Accounts')) nodes.push({ id: one.Id, arn: one.Arn, name: one.Name, parent })
  }
  const policies = readdirSync(call('organizations.DescribePolicy')).flatMap((file) => {
    const { PolicySummary: summary, Content } = read(join(call('organizations.DescribePolicy'), file)).Policy
    const kind = KINDS[summary.Type]
    const targets = readIf(call(`organizations.ListTargetsForPolicy/${file}`), { Targets: [] }).Targets
    return kind ? [{
      id: summary.Id, arn: summary.Arn, name: summary.Name, kind, document: JSON.parse(Content),
      targets: targets.map(({ TargetId }) => TargetId)
    }] : []
  })
  organization({ id: ACME, management: MANAGEMENT, nodes, policies, root: top.Id })
}
treeOfAcme()

const policyAnswers = (path) => existsSync(path)
  ? readdirSync(path, { recursive: true }).filter((file) => file.endsWith('.json')).map((file) => {
    const value = read(join(path, file))
    const text = value.Policy ?? value.ResourcePolicy ?? value.resourcePolicy ?? value.policy
    return [decodeURIComponent(file.slice(0, -5)), text === undefined ? undefined : document(text)]
  })
  : []

const ACTIONS = {
  s3: (arn) => [['s3:GetObject', `${arn}/a/b.txt`], ['s3:PutObject', `${arn}/a/b.txt`], ['s3:ListBucket', arn],
    ['s3:PutBucketPolicy', arn]],
  kms: (arn) => [['kms:Decrypt', arn], ['kms:PutKeyPolicy', arn], ['kms:CreateGrant', arn]],
  secretsmanager: (arn) => [['secretsmanager:GetSecretValue', arn], ['secretsmanager:PutResourcePolicy', arn]],
  sqs: (arn) => [['sqs:SendMessage', arn], ['sqs:ReceiveMessage', arn]],
  sns: (arn) => [['sns:Publish', arn], ['sns:Subscribe', arn]],
  lambda: (arn) => [['lambda:InvokeFunction', arn], ['lambda:UpdateFunctionCode', arn]]
}

const globals = (account, name) => join(acme, account, 'global', name)
for (const account of readdirSync(acme)) {
  const details = read(globals(account, 'iam.GetAccountAuthorizationDetails.json'))
  for (const user of details.UserDetailList) identity(account, 'user', user)
  for (const group of details.GroupDetailList) identity(account, 'group', group)
  for (const role of details.RoleDetailList) {
    identity(account, 'role', role)
    ask('sts:AssumeRole', role.Arn)
  }
  for (const { Arn, PolicyVersionList } of details.Policies) {
    customerManaged(account, Arn, document(PolicyVersionList.find(({ IsDefaultVersion }) => IsDefaultVersion).Document))
  }
  const block = readIf(globals(account, 's3control.GetPublicAccessBlock.json'), undefined)
  if (block) write(`accounts/${account}/s3/bpa.json`, block.PublicAccessBlockConfiguration)
  const policies = Object.fromEntries(policyAnswers(globals(account, 's3api.GetBucketPolicy')))
  for (const { Name } of readIf(globals(account, 's3api.ListBuckets.json'), { Buckets: [] }).Buckets) {
    const own = readIf(globals(account, `s3api.GetPublicAccessBlock/${Name}.json`), undefined)
    resource(account, Name, `arn:aws:s3:::${Name}`, {
      policy: policies[Name], bpa: own?.PublicAccessBlockConfiguration
    })
    for (const [action, arn] of ACTIONS.s3(`arn:aws:s3:::${Name}`)) ask(action, arn)
  }
  for (const region of readdirSync(join(acme, account))) {
    const here = (name) => join(acme, account, region, name)
    for (const [id, policy] of policyAnswers(here('kms.GetKeyPolicy'))) {
      const key = id.split('/')[0]
      const arn = `arn:aws:kms:${region}:${account}:key/${key}`
      resource(account, `${region}/key/${key}`, arn, { policy })
      for (const [action, arnAsked] of ACTIONS.kms(arn)) ask(action, arnAsked)
    }
    for (const name of ['bedrock.GetResourcePolicy', 'bedrock-agent.GetResourcePolicy', 'secretsmanager.GetResourcePolicy']) {
      for (const [arn, policy] of policyAnswers(here(name))) {
        if (!arn.startsWith('arn:')) continue
        resource(account, `${region}/${folder(arn.split(':').slice(5).join(':'))}`, arn, { policy })
        const actions = {
          'guardrail': ['bedrock:ApplyGuardrail', 'bedrock:UpdateGuardrail'],
          'guardrail-profile': ['bedrock:ApplyGuardrail'],
          'custom-model': ['bedrock:CreateModelCopyJob', 'bedrock:DeleteCustomModel'],
          'knowledge-base': ['bedrock:Retrieve', 'bedrock:StartIngestionJob']
        }[arn.split(':')[5].split('/')[0]] ?? []
        for (const action of actions) ask(action, arn)
      }
    }
  }
}
for (const model of ['anthropic.claude-opus-5-5', 'amazon.nova-pro-v1:0', 'deepseek.r1-v1:0']) {
  for (const region of ['us-east-1', 'eu-central-1']) {
    ask('bedrock:InvokeModel', `arn:aws:bedrock:${region}::foundation-model/${model}`)
    ask('bedrock:CreateModelInvocationJob', `arn:aws:bedrock:${region}::foundation-model/${model}`)
  }
}

// ---- globex --------------------------------------------------------------------------------------------------------

const GLOBEX = 'o-globexexample'
const [HQ, DATA, APPS, ALONE] = ['100000000001', '200000000002', '300000000003', '400000000004']
const policy = (...statements) => ({ Version: '2012-10-17', Statement: statements })
const allow = (Principal, Action, Resource, Condition) =>
  ({ Effect: 'Allow', Principal, Action, ...(Resource ? { Resource } : {}), ...(Condition ? { Condition } : {}) })
const deny = (Principal, Action, Resource, Condition) => ({ ...allow(Principal, Action, Resource, Condition), Effect: 'Deny' })
const may = (Action, Resource, Condition) =>
  ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) })
const mayNot = (...rest) => ({ ...may(...rest), Effect: 'Deny' })
const roleArn = (account, name) => `arn:aws:iam::${account}:role/${name}`
const userArn = (account, name) => `arn:aws:iam::${account}:user/${name}`
const rootArn = (account) => `arn:aws:iam::${account}:root`

const globexArn = `arn:aws:organizations::${HQ}`
const policyOfGlobex = (kind, name, targets, statements) => ({
  id: `p-${name}`, arn: `${globexArn}:policy/${GLOBEX}/${kind}/p-${name}`, name, kind, targets,
  document: policy(...statements)
})
const everyNode = ['r-glob', 'ou-glob-workload', 'ou-glob-suspended', HQ, DATA, APPS]
organization({
  id: GLOBEX, management: HQ, root: 'r-glob',
  nodes: [
    { id: 'r-glob', arn: `${globexArn}:root/${GLOBEX}/r-glob`, name: 'Root' },
    { id: 'ou-glob-workload', arn: `${globexArn}:ou/${GLOBEX}/ou-glob-workload`, name: 'workloads', parent: 'r-glob' },
    { id: 'ou-glob-suspended', arn: `${globexArn}:ou/${GLOBEX}/ou-glob-suspended`, name: 'suspended', parent: 'r-glob' },
    ...[[HQ, 'hq', 'r-glob'], [DATA, 'data', 'ou-glob-workload'], [APPS, 'apps', 'ou-glob-workload']].map(
      ([id, name, parent]) => ({ id, arn: `${globexArn}:account/${GLOBEX}/${id}`, name, parent }))
  ],
  policies: [
    { ...policyOfGlobex('scps', 'FullAWSAccess', everyNode, [may('*', '*')]),
      arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess' },
    { ...policyOfGlobex('rcps', 'RCPFullAWSAccess', everyNode, [allow('*', '*', '*')]),
      arn: 'arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess' },
    policyOfGlobex('scps', 'no-secrets-out', [APPS], [mayNot('secretsmanager:*', `arn:aws:secretsmanager:*:${DATA}:*`)]),
    policyOfGlobex('scps', 'no-queue-purge', ['ou-glob-workload'], [
      mayNot(['sqs:PurgeQueue', 'sqs:DeleteQueue'], '*', { StringNotEquals: { 'aws:PrincipalTag/team': 'platform' } })]),
    policyOfGlobex('scps', 'regions', ['r-glob'], [{
      Effect: 'Deny', NotAction: ['iam:*', 'sts:*', 's3:*', 'organizations:*'], Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } } }]),
    policyOfGlobex('rcps', 'stay-home', [DATA], [
      deny('*', ['sqs:*', 'kms:*', 'secretsmanager:*'], '*', {
        StringNotEqualsIfExists: { 'aws:PrincipalOrgID': [GLOBEX, ACME] },
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } })])
  ]
})

const user = (account, UserName, statements, more = {}) => identity(account, 'user', {
  UserName, Arn: userArn(account, UserName), UserId: `AIDA${account}${UserName.toUpperCase().replaceAll(/[^A-Z]/g, '')}`,
  ...(statements.length > 0 ? { UserPolicyList: [{ PolicyName: 'own', PolicyDocument: policy(...statements) }] } : {}), ...more
})
const selfTrust = (account) => policy(allow({ AWS: rootArn(account) }, 'sts:AssumeRole'))
const role = (account, name, statements, more = {}) => {
  const Path = more.Path ?? '/'
  identity(account, 'role', {
    RoleName: name, Arn: `arn:aws:iam::${account}:role${Path}${name}`,
    RoleId: `AROA${account}${name.toUpperCase().replaceAll(/[^A-Z]/g, '')}`, AssumeRolePolicyDocument: selfTrust(account),
    ...(statements.length > 0 ? { RolePolicyList: [{ PolicyName: 'own', PolicyDocument: policy(...statements) }] } : {}), ...more
  })
  ask('sts:AssumeRole', `arn:aws:iam::${account}:role${Path}${name}`)
}
const attached = (name) => ({ AttachedManagedPolicies: [{ PolicyArn: `arn:aws:iam::aws:policy/${name}`, PolicyName: name }] })
const tags = (values) => ({ Tags: Object.entries(values).map(([Key, Value]) => ({ Key, Value })) })

for (const account of [HQ, DATA, APPS, ALONE]) {
  role(account, 'admin', [], attached('AdministratorAccess'))
  role(account, 'power', [], attached('PowerUserAccess'))
  role(account, 'reader', [may(['s3:Get*', 's3:List*', 'sqs:ReceiveMessage', 'sns:Subscribe'], '*')])
  role(account, 'nobody', [])
  role(account, 'AWSServiceRoleForExample', [may('*', '*')], {
    Path: '/aws-service-role/example.amazonaws.com/',
    AssumeRolePolicyDocument: policy(allow({ Service: 'example.amazonaws.com' }, 'sts:AssumeRole'))
  })
  customerManaged(account, `arn:aws:iam::${account}:policy/only-s3`, policy(may('s3:*', '*')))
  role(account, 'bounded', [may('*', '*')], {
    PermissionsBoundary: { PermissionsBoundaryArn: `arn:aws:iam::${account}:policy/only-s3` } })
  role(account, 'bounded-nobody', [], {
    PermissionsBoundary: { PermissionsBoundaryArn: `arn:aws:iam::${account}:policy/only-s3` } })
  role(account, 'mfa-only', [may('*', '*'), mayNot('*', '*', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } })])
  role(account, 'not-action', [{ Effect: 'Allow', NotAction: ['iam:*', 'kms:*', 'sts:*'], Resource: '*' }])
  role(account, 'not-resource', [{ Effect: 'Allow', Action: '*', NotResource: ['arn:aws:s3:::globex-*', 'arn:aws:sqs:*:*:*'] }])
  role(account, 'from-office', [may('*', '*', { IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } })])
  role(account, 'own-org-only', [may('*', '*', { StringEquals: { 'aws:ResourceOrgID': '${aws:PrincipalOrgID}' } })])
  role(account, 'own-account-only', [may('*', '*', { StringEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } })])
  user(account, 'carla', [may(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::globex-*/${aws:username}/*'),
    may('s3:ListBucket', 'arn:aws:s3:::globex-*', { StringLike: { 's3:prefix': '${aws:username}/*' } })], tags({ team: 'data' }))
  user(account, 'dieter', [may('*', '*')], tags({ team: 'platform' }))
  user(account, 'gaspard', [], { GroupList: ['staff'] })
  identity(account, 'group', { GroupName: 'staff', Arn: `arn:aws:iam::${account}:group/staff`,
    GroupPolicyList: [{ PolicyName: 'own', PolicyDocument: policy(may(['s3:GetObject', 'kms:Decrypt', 'lambda:InvokeFunction'], '*')) }] })
}

// Buckets: name, statements, and what else.
const bucket = (name, statements, more = {}) => {
  const arn = `arn:aws:s3:::${name}`
  const policies = statements.length > 0 ? { policy: policy(...statements(arn)) } : {}
  resource(DATA, name, arn, { ...policies, ...more })
  for (const [action, asked] of ACTIONS.s3(arn)) ask(action, asked)
  ask('s3:GetObject', `${arn}/carla/notes.txt`)
}
const objects = 's3:GetObject'
const cases = {
  'globex-none': () => [],
  'globex-public': (arn) => [allow('*', objects, `${arn}/*`)],
  'globex-public-aws': (arn) => [allow({ AWS: '*' }, [objects, 's3:ListBucket'], [arn, `${arn}/*`])],
  'globex-own-org': (arn) => [allow('*', objects, `${arn}/*`, { StringEquals: { 'aws:PrincipalOrgID': GLOBEX } })],
  'globex-acme-org': (arn) => [allow('*', objects, `${arn}/*`, { StringEquals: { 'aws:PrincipalOrgID': ACME } })],
  'globex-org-paths': (arn) => [allow('*', objects, `${arn}/*`, {
    'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': [`${GLOBEX}/r-glob/ou-glob-workload/*`, `${ACME}/r-acme/*`] } })],
  'globex-account-id': (arn) => [allow({ AWS: APPS }, objects, `${arn}/*`)],
  'globex-account-root': (arn) => [allow({ AWS: [rootArn(APPS), rootArn('555555555555')] }, 's3:*', [arn, `${arn}/*`])],
  'globex-own-root': (arn) => [allow({ AWS: rootArn(DATA) }, 's3:*', [arn, `${arn}/*`])],
  'globex-role': (arn) => [allow({ AWS: [roleArn(APPS, 'nobody'), roleArn(DATA, 'nobody'), roleArn(APPS, 'reader'),
    roleArn(DATA, 'bounded-nobody')] }, objects, `${arn}/*`)],
  'globex-user': (arn) => [allow({ AWS: [userArn(DATA, 'gaspard'), userArn(APPS, 'carla')] }, 's3:*', [arn, `${arn}/*`])],
  'globex-gone': (arn) => [allow({ AWS: [roleArn(DATA, 'left-last-year'), 'AROAGONEGONEGONEGONE1'] }, objects, `${arn}/*`)],
  'globex-session': (arn) => [allow({ AWS: `arn:aws:sts::${DATA}:assumed-role/nobody/nightly` }, objects, `${arn}/*`)],
  'globex-not-principal': (arn) => [allow({ AWS: rootArn(DATA) }, 's3:*', [arn, `${arn}/*`]), {
    Effect: 'Deny', NotPrincipal: { AWS: [roleArn(DATA, 'reader'), rootArn(DATA)] }, Action: 's3:*', Resource: [arn, `${arn}/*`] }],
  'globex-only-one': (arn) => [deny('*', 's3:*', [arn, `${arn}/*`], {
    ArnNotEquals: { 'aws:PrincipalArn': [roleArn(DATA, 'admin'), userArn(DATA, 'dieter')] } })],
  'globex-not-this-role': (arn) => [deny({ AWS: roleArn(DATA, 'admin') }, 's3:*', [arn, `${arn}/*`])],
  'globex-vpce': (arn) => [deny('*', 's3:*', [arn, `${arn}/*`], { StringNotEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' } })],
  'globex-mfa': (arn) => [deny('*', objects, `${arn}/*`, { Bool: { 'aws:MultiFactorAuthPresent': 'false' } }),
    allow({ AWS: APPS }, objects, `${arn}/*`)],
  'globex-tls': (arn) => [deny('*', 's3:*', [arn, `${arn}/*`], { Bool: { 'aws:SecureTransport': 'false' } })],
  'globex-ip': (arn) => [allow('*', objects, `${arn}/*`, { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '2001:db8::/32'] } })],
  'globex-team': (arn) => [allow('*', objects, `${arn}/*`, {
    StringEquals: { 'aws:PrincipalTag/team': 'data', 'aws:PrincipalOrgID': GLOBEX } })],
  'globex-service': (arn) => [allow({ Service: ['logging.s3.amazonaws.com', 'cloudtrail.amazonaws.com'] }, 's3:PutObject',
    `${arn}/*`, { StringEquals: { 'aws:SourceAccount': DATA } })],
  'globex-not-action': (arn) => [{ Effect: 'Allow', Principal: { AWS: APPS }, NotAction: ['s3:Delete*', 's3:Put*'], Resource: [arn, `${arn}/*`] }],
  'globex-prefix': (arn) => [allow({ AWS: APPS }, objects, `${arn}/a/*`), deny('*', objects, `${arn}/a/b*`, {
    StringNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::${APPS}:role/*`, `arn:aws:iam::${DATA}:*`] } })],
  'globex-role-pattern': (arn) => [allow({ AWS: '*' }, objects, `${arn}/*`, {
    ArnLike: { 'aws:PrincipalArn': [`arn:aws:iam::${APPS}:role/re*`, 'arn:aws:iam::*:user/dieter'] } })],
  'globex-principal-account': (arn) => [allow('*', objects, `${arn}/*`, { StringEquals: { 'aws:PrincipalAccount': [ALONE, APPS] } })],
  'globex-canonical': (arn) => [allow({ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }, objects, `${arn}/*`)]
}
const BLOCK = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true }
for (const [name, statements] of Object.entries(cases)) bucket(name, statements)
bucket('globex-public-blocked', cases['globex-public'], { bpa: BLOCK })
bucket('globex-own-org-blocked', cases['globex-own-org'], { bpa: BLOCK })
bucket('globex-account-blocked', cases['globex-account-root'], { bpa: BLOCK })

// Keys: only what the key policy gives counts, and account policies only where it says so.
const key = (id, statements, more = {}) => {
  const arn = `arn:aws:kms:eu-west-1:${DATA}:key/${id}`
  resource(DATA, `eu-west-1/key/${id}`, arn, { policy: policy(...statements), ...more })
  for (const [action, asked] of ACTIONS.kms(arn)) ask(action, asked)
}
key('00000000-0000-0000-0000-00000000000a', [allow({ AWS: rootArn(DATA) }, 'kms:*', '*')])
key('00000000-0000-0000-0000-00000000000b', [allow({ AWS: roleArn(DATA, 'nobody') }, ['kms:Decrypt', 'kms:PutKeyPolicy'], '*')])
key('00000000-0000-0000-0000-00000000000c', [allow({ AWS: rootArn(DATA) }, 'kms:*', '*'), allow({ AWS: [rootArn(APPS), rootArn(ALONE)] }, 'kms:Decrypt', '*')])
key('00000000-0000-0000-0000-00000000000d', [allow('*', ['kms:Decrypt', 'kms:CreateGrant'], '*', { StringEquals: { 'kms:CallerAccount': DATA, 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } })])
key('00000000-0000-0000-0000-00000000000e', [allow('*', 'kms:Decrypt', '*', { StringEquals: { 'aws:PrincipalOrgID': GLOBEX } })])
key('00000000-0000-0000-0000-00000000000f', [allow({ AWS: rootArn(DATA) }, 'kms:*', '*'), allow({ AWS: roleArn(APPS, 'admin') }, 'kms:CreateGrant', '*', { Bool: { 'kms:GrantIsForAWSResource': 'true' } })])

const queue = (name, statements) => {
  const arn = `arn:aws:sqs:eu-west-1:${DATA}:${name}`
  resource(DATA, `eu-west-1/${name}`, arn, statements.length > 0 ? { policy: policy(...statements.map((one) => ({ ...one, Resource: arn }))) } : {})
  for (const [action, asked] of ACTIONS.sqs(arn)) ask(action, asked)
  ask('sqs:PurgeQueue', arn)
}
queue('plain', [])
queue('everyone', [allow('*', 'sqs:SendMessage')])
queue('from-topic', [allow({ Service: 'sns.amazonaws.com' }, 'sqs:SendMessage', '', { ArnEquals: { 'aws:SourceArn': `arn:aws:sns:eu-west-1:${DATA}:orders` } })])
queue('from-topic-old-style', [allow('*', 'sqs:SendMessage', '', { ArnEquals: { 'aws:SourceArn': `arn:aws:sns:eu-west-1:${DATA}:orders` } })])
queue('apps', [allow({ AWS: APPS }, 'sqs:*')])
queue('alone', [allow({ AWS: [ALONE, '888888888888'] }, ['sqs:SendMessage', 'sqs:ReceiveMessage'])])

const topic = (name, statements) => {
  const arn = `arn:aws:sns:eu-west-1:${DATA}:${name}`
  resource(DATA, `eu-west-1/${name}`, arn, { policy: policy(...statements.map((one) => ({ ...one, Resource: arn }))) })
  for (const [action, asked] of ACTIONS.sns(arn)) ask(action, asked)
}
topic('default', [allow({ AWS: '*' }, ['sns:Publish', 'sns:Subscribe'], '', { StringEquals: { 'AWS:SourceOwner': DATA } })])
topic('orders', [allow({ AWS: '*' }, 'sns:Publish', '', { StringEquals: { 'aws:PrincipalOrgID': ACME } })])

const lambda = (name, statements) => {
  const arn = `arn:aws:lambda:eu-west-1:${APPS}:function:${name}`
  resource(APPS, `eu-west-1/${name}`, arn, statements.length > 0 ? { policy: policy(...statements.map((one) => ({ ...one, Resource: arn }))) } : {})
  for (const [action, asked] of ACTIONS.lambda(arn)) ask(action, asked)
}
lambda('plain', [])
lambda('from-s3', [allow({ Service: 's3.amazonaws.com' }, 'lambda:InvokeFunction', '', { StringEquals: { 'aws:SourceAccount': DATA }, ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::globex-none' } })])
lambda('from-data', [allow({ AWS: DATA }, 'lambda:InvokeFunction')])
lambda('org', [allow('*', 'lambda:InvokeFunction', '', { StringEquals: { 'aws:PrincipalOrgID': ACME } })])

const secret = (name, statements) => {
  const arn = `arn:aws:secretsmanager:eu-west-1:${DATA}:secret:${name}-AbCdEf`
  resource(DATA, `eu-west-1/${name}-abcdef`, arn, statements.length > 0 ? { policy: policy(...statements.map((one) => ({ ...one, Resource: '*' }))) } : {})
  for (const [action, asked] of ACTIONS.secretsmanager(arn)) ask(action, asked)
}
secret('plain', [])
secret('apps', [allow({ AWS: [rootArn(APPS), roleArn('666666666666', 'app-search')] }, 'secretsmanager:GetSecretValue')])
secret('nobody-else', [deny('*', 'secretsmanager:GetSecretValue', '', { StringNotEquals: { 'aws:PrincipalArn': roleArn(DATA, 'reader') } })])

// Roles: who may assume them.
const trusted = (name, statement, more = {}) => role(APPS, name, [], { AssumeRolePolicyDocument: policy(...[statement].flat()), ...more })
trusted('trust-acme', allow({ AWS: '444455556666' }, 'sts:AssumeRole'))
trusted('trust-external-id', allow({ AWS: '444455556666' }, 'sts:AssumeRole', '', { StringEquals: { 'sts:ExternalId': 'globex-7' } }))
trusted('trust-one-role', allow({ AWS: [roleArn(DATA, 'nobody'), roleArn(DATA, 'reader'), roleArn(APPS, 'nobody')] }, 'sts:AssumeRole'))
trusted('trust-own-org', allow({ AWS: '*' }, 'sts:AssumeRole', '', { StringEquals: { 'aws:PrincipalOrgID': '${aws:ResourceOrgID}' } }))
trusted('trust-acme-org', allow({ AWS: '*' }, 'sts:AssumeRole', '', { StringEquals: { 'aws:PrincipalOrgID': ACME } }))
trusted('trust-mfa', allow({ AWS: rootArn(APPS) }, 'sts:AssumeRole', '', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))
trusted('trust-service', allow({ Service: ['lambda.amazonaws.com', 'ec2.amazonaws.com'] }, 'sts:AssumeRole'))
trusted('trust-gone', allow({ AWS: [roleArn(APPS, 'left-last-year'), roleArn('600000000006', 'partner')] }, 'sts:AssumeRole'))
trusted('trust-federated', allow({ Federated: `arn:aws:iam::${APPS}:oidc-provider/token.actions.githubusercontent.com` },
  'sts:AssumeRoleWithWebIdentity', '', { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:globex/*' } }))
trusted('trust-deny', [allow({ AWS: rootArn(APPS) }, 'sts:AssumeRole'), deny({ AWS: roleArn(APPS, 'admin') }, 'sts:AssumeRole')])
ask('sts:AssumeRoleWithWebIdentity', roleArn(APPS, 'trust-federated'))

// Actions without resources, and resources that do not exist.
for (const account of [DATA, HQ, ALONE, '555555555555', MANAGEMENT]) {
  ask('s3:ListAllMyBuckets', undefined, { resource_account: account })
  ask('bedrock:CreateModelImportJob', undefined, { resource_account: account })
  ask('iam:ListUsers', undefined, { resource_account: account })
  ask('iam:CreateAccessKey', userArn(account, 'dieter'))
  ask('iam:PassRole', roleArn(account, 'admin'))
  ask('sqs:SendMessage', `arn:aws:sqs:eu-west-1:${account}:not-there`)
  ask('dynamodb:GetItem', `arn:aws:dynamodb:eu-west-1:${account}:table/not-there`)
  ask('ec2:TerminateInstances', `arn:aws:ec2:eu-west-1:${account}:instance/i-0123456789abcdef0`)
}

// The texts of the managed policies in use, as a collector writes them.
const texts = new Map(readFileSync(join(root, 'crates/reference/data/managed_policies.tsv'), 'utf8').trimEnd().split('\n')
  .map((line) => line.split('\t')).map((columns) => [`arn:aws:iam::aws:policy/${columns[0]}`, columns[5]]))
for (const arn of [...managedUsed].sort()) {
  const path = `accounts/aws/iam/policy/${folder(arn.split('/').at(-1))}`
  write(`${path}/metadata.json`, { arn, name: arn.split('/').at(-1) })
  write(`${path}/policy.json`, JSON.parse(texts.get(arn)))
}

const seen = new Set()
const different = questions.map((one) => JSON.stringify(one)).filter((line) => !seen.has(line) && seen.add(line))
writeFileSync(questionsFile, different.join('\n') + '\n')
console.log(`${different.length} questions`)
