import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { FirewallService } from "./services.ts";

type FirewallRoute = Extract<
  CallName,
  `firewall${string}` | `peerFirewall${string}` | "guestNicPin" | "guestAddressList" | "guestDropList"
>;

export const firewallHandlers = (firewalls: FirewallService): Handlers<FirewallRoute> => ({
  firewallList: ({ sight }) => firewalls.list(sight),
  firewallGet: ({ params }) => firewalls.get(params.firewall),
  firewallCreate: ({ body, project }) => firewalls.create(body, project),
  firewallUpdate: ({ params, body }) => firewalls.update(params.firewall, body),
  firewallDelete: ({ params }) => firewalls.remove(params.firewall),
  firewallRuleAdd: ({ params, body }) => firewalls.addRule(params.firewall, body),
  firewallRuleDelete: ({ params }) => firewalls.removeRule(params.firewall, params.rule),
  firewallAttach: ({ params, body }) => firewalls.attach(params.firewall, body),
  firewallDetach: ({ params, body }) => firewalls.detach(params.firewall, body),
  peerFirewallUse: async ({ params, body }) => {
    await firewalls.use(params.guest, body);
    return body;
  },
  firewallLog: ({ params }) => firewalls.log(params.firewall),
  guestAddressList: ({ params }) => firewalls.addresses(params.guest),
  guestDropList: ({ params }) => firewalls.dropsOf(params.guest),
  guestNicPin: ({ params, body }) => firewalls.pin(params.guest, params.nic, body),
});
