// The peer of `cargo xtask bench`: @cloud-copilot/iam-simulate, run as its README shows, answering the same requests.
//
// Its input is a file of JSON Lines: the layers, then one request a line. On standard input it takes one command a
// line and answers each with lines of JSON, the last of which is {"done":…}. Knows nothing of the program it is
// compared with; the package is fetched when the benchmark runs and is no part of this repository.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [folder, file] = process.argv.slice(2)
const load = (name) => import(pathToFileURL(createRequire(`${folder}/`).resolve(name)).href)
const { runSimulation } = await load('@cloud-copilot/iam-simulate')
const { createValidatedPolicy, validateIdentityPolicy, validateServiceControlPolicy } =
  await load('@cloud-copilot/iam-policy')

const [layers, ...requests] = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))

// Where each document stands, by its name: layer, level, number within the level.
const places = new Map()
layers.identity.forEach(({ name }, number) => places.set(name, ['identity', 0, number]))
layers.scp.forEach(({ policies }, level) =>
  policies.forEach(({ name }, number) => places.set(name, ['scp', level, number])))

const policiesWith = (wrap) => ({
  identityPolicies: layers.identity.map(({ name, policy }) => ({ name, policy: wrap(policy, validateIdentityPolicy) })),
  serviceControlPolicies: layers.scp.map(({ target, policies }) => ({
    orgIdentifier: target,
    policies: policies.map(({ name, policy }) => ({ name, policy: wrap(policy, validateServiceControlPolicy) }))
  })),
  resourceControlPolicies: []
})
// Its two ways: documents validated at every call, and documents validated once before.
const ways = {
  each: policiesWith((policy) => policy),
  once: policiesWith((policy, validate) => createValidatedPolicy(policy, validate))
}

const simulation = (policies, { principal, action, resource, resource_account, context }) => ({
  ...policies,
  request: {
    principal,
    action,
    resource: { resource, accountId: resource_account },
    contextVariables: context
  }
})

const DECISIONS = { Allowed: 'allowed', ExplicitlyDenied: 'explicit_deny', ImplicitlyDenied: 'implicit_deny' }

// The decision and the statements that determine it: all that allow, or all that deny.
const answer = (response) => {
  if (response.resultType !== 'single') return { decision: 'error', reason: JSON.stringify(response.errors ?? response) }
  const { result, identityAnalysis, scpAnalysis } = response.result.analysis
  const parts = [identityAnalysis, ...(scpAnalysis?.ouAnalysis ?? [])]
  const lists = {
    Allowed: (part) => part.allowStatements,
    ExplicitlyDenied: (part) => part.denyStatements,
    ImplicitlyDenied: () => []
  }
  const determining = parts
    .flatMap(lists[result])
    .map(({ policyId, statement }) => [...places.get(policyId), statement.index() - 1].join('/'))
    .sort()
  return { decision: DECISIONS[result], determining }
}

const write = (value) => process.stdout.write(JSON.stringify(value) + '\n')

const commands = {
  async answers() {
    for (const request of requests) write(answer(await runSimulation(simulation(ways.once, request), {})))
  },
  async first() {
    write(answer(await runSimulation(simulation(ways.each, requests[0]), {})))
  },
  each: () => time(ways.each),
  once: () => time(ways.once)
}

// Goes on where it stopped the last time, so that every request has its turn. Time is that of the processor.
const MICROSECONDS = 4_000_000
let next = 0
const time = async (policies) => {
  let answered = 0
  let microseconds = 0
  const start = process.cpuUsage()
  while (microseconds < MICROSECONDS) {
    for (let number = 0; number < 32; number += 1) {
      const response = await runSimulation(simulation(policies, requests[next]), {})
      if (response.resultType !== 'single') throw new Error(JSON.stringify(response))
      next = (next + 1) % requests.length
      answered += 1
    }
    const { user, system } = process.cpuUsage(start)
    microseconds = user + system
  }
  write({ microseconds, answered })
}

for await (const line of createInterface({ input: process.stdin })) {
  await commands[line]()
  write({ done: line })
}
