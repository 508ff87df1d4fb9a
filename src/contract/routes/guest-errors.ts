/** What every request about a guest may be answered. */
export const guestErrors = ["guest.not_found", "guest.wrong_state", "guest.busy"] as const;
