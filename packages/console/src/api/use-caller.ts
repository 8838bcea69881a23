import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { CallerAnswer } from './answers.ts'

export type Role = CallerAnswer['role']

const order: readonly Role[] = ['viewer', 'operator', 'admin']

/** Who is logged in; null until that is known. */
export const CallerContext = createContext<CallerAnswer | null>(null)

/** Whether who is logged in may do what takes this role. */
export function useMay(role: Role): boolean {
  const caller = useContext(CallerContext)
  return caller !== null && order.indexOf(caller.role) >= order.indexOf(role)
}
