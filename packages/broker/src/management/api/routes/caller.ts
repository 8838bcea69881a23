import { roles } from '../access/role.ts'
import { route } from '../http/route.ts'
import { object, oneOf, text } from '../http/schema.ts'
import type { Static } from '../http/schema.ts'

const callerSchema = object({
  name: text({ description: "'' where nobody has to log in." }),
  role: oneOf(roles, { description: 'The most that he may.' }),
})

export type CallerAnswer = Static<typeof callerSchema>

export const callerRoute = route({
  method: 'GET',
  path: '/api/v1/caller',
  summary: 'Who asks, and what he may',
  tag: 'about',
  role: 'viewer',
  answers: { 200: callerSchema },
  handle: ({ caller: { name, role } }) => ({ status: 200, body: { name, role } }),
})
