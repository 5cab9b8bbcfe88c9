// Puts requests to an evaluator of IAM policies. Reads from standard input, as one document of JSON,
//   {policies: {NAME: POLICY}, requests: [{principal, action, resource, account, context, identity: [NAME], own: NAME?}]}
// where `identity` are the policies of who asks and `own` that of the resource. Writes one answer for each request:
//   {result, used: [{policy, statement, actions, resources}], ignored}
// `used` are the statements that allow or deny it, by their Sid, and what of them fits.
import { runSimulation } from '@cloud-copilot/iam-simulate'

const CONTEXT_OF_ENCRYPTION = 'kms:EncryptionContext:'

const listed = (value) => (Array.isArray(value) ? value : [value])

function fits(pattern, value) {
  const parts = pattern.split('*').map((part) => part.replace(/[.?+^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(value)
}

const OPERATORS = {
  StringEquals: (wanted, value) => wanted === value,
  StringLike: fits,
  ArnEquals: fits,
  ArnLike: fits,
}

// The evaluator knows no key that has the name of an entry of the encryption context in it, so that these are looked
// at here: a statement whose condition holds is put to it without the condition, any other not at all.
function withoutEncryptionContext(policy, context) {
  const Statement = []
  for (const statement of policy.Statement) {
    let holds = true
    const Condition = {}
    for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
      for (const [key, wanted] of Object.entries(keys)) {
        if (key.startsWith(CONTEXT_OF_ENCRYPTION)) {
          const compare = OPERATORS[operator]
          if (!compare) throw new Error(`${operator} on ${key} is not known here`)
          holds &&= key in context && listed(wanted).some((one) => compare(one, context[key]))
        } else {
          Condition[operator] = { ...Condition[operator], [key]: wanted }
        }
      }
    }
    const rest = Object.keys(Condition).length ? { Condition } : {}
    const { Condition: _, ...unconditional } = statement
    if (holds) Statement.push({ ...unconditional, ...rest })
  }
  return Statement.length ? { ...policy, Statement } : undefined
}

function used(policy, statements) {
  return statements.map(({ policyId, explain }) => ({
    policy: policy ?? policyId,
    statement: explain.identifier,
    actions: listed(explain.actions).filter((one) => one.matches).map((one) => one.action),
    resources: listed(explain.resources ?? []).filter((one) => one.matches).map((one) => one.resource),
  }))
}

async function answer(policies, { principal, action, resource, account, context, identity, own }) {
  const contextVariables = Object.fromEntries(
    Object.entries(context).filter(([key]) => !key.startsWith(CONTEXT_OF_ENCRYPTION)),
  )
  const identityPolicies = identity
    .map((name) => ({ name, policy: withoutEncryptionContext(policies[name], context) }))
    .filter(({ policy }) => policy)
  const simulation = {
    request: { principal, action, resource: { resource, accountId: account }, contextVariables },
    identityPolicies,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: own && withoutEncryptionContext(policies[own], context),
  }
  const found = await runSimulation(simulation, {})
  if (found.errors) throw new Error(`${action} on ${resource}: ${JSON.stringify(found.errors)}`)
  const [first] = found.results ?? [found.result] // of `*`, one for each kind of resource
  const { identityAnalysis: asked, resourceAnalysis: held } = first?.analysis ?? {}
  return {
    result: found.overallResult,
    used: [
      ...used(undefined, [...(asked?.allowStatements ?? []), ...(asked?.denyStatements ?? [])]),
      ...used(own, [...(held?.allowStatements ?? []), ...(held?.denyStatements ?? [])]),
    ],
    ignored: first?.ignoredContextKeys ?? [],
  }
}

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { policies, requests } = JSON.parse(Buffer.concat(chunks))
const answers = []
for (const request of requests) answers.push(await answer(policies, request))
process.stdout.write(JSON.stringify(answers))
