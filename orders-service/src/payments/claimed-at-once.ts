/** How many payments, or refunds, recovery takes over and asks the provider about at the same time, per process. */
export const CLAIMED_AT_ONCE = 20;
