/** English: one's own desktops. */
export const desktopText = {
  desktops: {
    title: "Desktops",
    none: "There is no desktop for you yet",
    noneHint:
      "Whoever looks after Lodge decides who may have which. Ask there, and say the name that you signed in with.",
    manage: "Manage Lodge",
    signedOff: (title: string) => `You have signed off from ${title}.`,
    keeps: {
      nothing: "New each time, nothing is kept",
      home: "New system, your own files are kept",
      guest: "Yours alone, everything is kept",
    },
    opens: (at: string) => `Open from ${at}`,
    closes: (at: string) => `Open until ${at}`,
    open: "Open",
    goOn: "Continue",
    openBeside: "Open it here too",
    signOutToo: "Sign out of Lodge as well",
    states: {
      closed: "closed now",
      full: "all are taken just now",
      connected: "open elsewhere",
      fresh: "ready",
      slow: "takes a moment",
      waits: "goes on where you left it",
      suspended: "sleeps, wakes when you open it",
      stopped: "off, starts when you open it",
      preparing: "is being prepared",
      ending: "is being ended",
      lost: "its host does not answer",
    },
    picture: "Desktop",
    toAll: "All desktops",
    opening: (title: string) => `Opening ${title}…`,
    comingBack: "The connection is lost. Reconnecting…",
    signingOff: "Signing off…",
    notRecorded: "This desktop has to be recorded, and cannot be at the moment",
    notRecordedHint:
      "It comes back by itself as soon as it can. Where it does not, tell whoever looks after it that there may be no room for recordings.",
    preparing: "Your desktop is being prepared",
    preparingHint: "That takes a moment. It opens by itself as soon as it is there.",
    refusals: {
      unknown: {
        title: (title: string) => `There is no desktop “${title}” for you`,
        hint: (user: string) =>
          `The link may have a typing error, or nobody has given this desktop to ${user} yet. Ask whoever sent you the link.`,
      },
      closed: {
        title: (title: string) => `${title} is closed now`,
        hint: (at: string) => (at === "" ? "Come back another day." : `It is open again from ${at}.`),
      },
      full: {
        title: (title: string) => `All desktops of ${title} are taken`,
        hint: (_user: string) => "One is free as soon as somebody signs off. Try again in a while.",
      },
      lost: {
        title: (title: string) => `${title} cannot be reached`,
        hint: (_user: string) =>
          "The host that your desktop is on does not answer. As soon as it does, your desktop is there as you left it.",
      },
      homeHeld: {
        title: (_title: string) => "Your files are in use",
        hint: (_user: string) =>
          "Another desktop of yours still has them, and gives them back as soon as it has ended. Try again in a moment.",
      },
      homeAway: {
        title: (_title: string) => "Your files cannot be reached",
        hint: (_user: string) => "The host that they are on does not answer. They are safe there.",
      },
      off: {
        title: (title: string) => `${title} shows no picture`,
        hint: (_user: string) => "It is just being started or shut down. Try again in a moment.",
      },
    },
    ended: {
      gone: "This desktop has ended",
      idle: "Nobody was here",
      disconnected: "This desktop has ended",
      longest: "This desktop has ended",
      hours: "Desktops close now",
      "roll-out": "There is a new version of this desktop",
      asked: "The help desk has ended this desktop",
      "taken-over": "Your desktop was opened elsewhere",
      "signed-off": "You have signed off",
      reset: "Your desktop was reset",
      lost: "The host of your desktop does not answer",
    },
    endedHints: {
      gone: "Open it again to go on.",
      idle: "Nothing was pressed for a while, so this page was disconnected. Your desktop goes on as you left it.",
      disconnected: "It was not watched for as long as it may go on by itself.",
      longest: "It was open for as long as one may be.",
      hours: "It can be opened again when they open.",
      "roll-out": "Open it again to get it.",
      asked: "Open it again, or ask there.",
      "taken-over": "It goes on there. Here you can have it back.",
      "signed-off": "What it does not keep is gone.",
      reset: "Open it again: the new one is ready.",
      lost: "Wait for it to go on there once that is back, or open it again: you get another one then, and what the former one did not keep is gone.",
    },
    replaced: "This is another desktop",
    replacedHint: (host: string, since: string | undefined) =>
      `The one that you had was lost with its host ${host}, which ${since ? `has not answered since ${since}` : "does not answer"}.`,
    lostOn: (host: string, since: string | undefined, keeps: "nothing" | "home" | "guest") =>
      `It is on ${host}, which ${since ? `has not answered since ${since}` : "does not answer"}. ${
        keeps === "guest"
          ? "Nothing of it is gone: it goes on once that is back."
          : "Open it to get another one."
      }`,
    home: {
      coming: "Your files are coming",
      comingHint:
        "What you see is your desktop already. Keys and pointer count as soon as your files are here: what was saved before would be lost.",
      failed: "Your files did not come",
    },
    openAgain: "Open it again",
    takeBack: "Bring it here",
    shareIt: "Watch it in both places",
    asksToLook: (by: string, control: boolean) =>
      control ? `${by} asks to use your desktop` : `${by} asks to see your desktop`,
    asksHint: (control: boolean) =>
      control
        ? "If you allow it, keys and pointer of both of you count. You can end it at any time."
        : "If you allow it, your screen is seen, and nothing can be done to it. You can end it at any time.",
    allow: "Allow",
    refuse: "Refuse",
    looksOn: (by: string, control: boolean) => (control ? `${by} sees and uses it` : `${by} sees it`),
    endShadow: "End",
    recorded: "This session is recorded",
    messageFrom: (by: string, at: string) => `${by} at ${at}`,
    why: {
      idle: "Are you still there?",
      disconnected: "It is not watched",
      longest: "The longest time is nearly over",
      hours: "Desktops close soon",
      "roll-out": "There is a new version of this desktop",
      asked: "The help desk ends this desktop",
    },
    what: {
      disconnect: "You are disconnected",
      suspend: "It is put to sleep",
      "sign-off": "Save your work: you are signed off",
    },
    inSeconds: (seconds: number) =>
      seconds >= 120
        ? `in ${Math.round(seconds / 60)} minutes.`
        : seconds === 1
          ? "in a second."
          : `in ${seconds} seconds.`,
    stillHere: "I am still here",
    toolbar: "Toolbar",
    leave: "Leave",
    leaveHint: "It goes on without you, and you find it as you left it.",
    touchKeyboard: "Keyboard",
    addMonitor: "A further monitor",
    monitorWaits: "This monitor comes as soon as your desktop has it.",
    monitorRefused: "Your browser opened no window",
    monitorRefusedHint: "Allow this site to open windows; each monitor is one.",
    clipboard: {
      shareHint: "Your browser asks you once. What you copied here is there when you come to your desktop.",
      clipboardTextHint: "What was copied on the desktop last, or what you write.",
      give: "Give to the desktop",
    },
    files: "Files",
    send: "Send files",
    sendHint: "They come into its downloads. Files can be dropped onto the picture, too.",
    fetchHint: "What lies in its downloads:",
    noFiles: "Nothing",
    look: "Picture",
    resolution: "Size",
    asWindow: "As this window",
    quality: "Sharpness",
    qualityHint: "Of what moves. Whatever stands still is exact after a moment.",
    qualities: { sharp: "Sharp", balanced: "Balanced", sparing: "Sparing, for a slow line" },
    power: "Power",
    restart: "Restart",
    restartHint: "Off and on again",
    restartTitle: "Restart your desktop?",
    restartWarning: "What is not saved is lost.",
    reset: "Reset",
    resetHints: {
      nothing: "A new desktop in its place",
      home: "A new system; your files stay",
      guest: "Switched off hard and on again",
    },
    resetTitle: "Reset your desktop?",
    resetWarnings: {
      nothing: "Everything on it is lost, and you get a new one.",
      home: "You get a new system. What lies in your home stays; what is not saved is lost.",
      guest: "It is switched off as by its power switch, and on again. What is not saved is lost.",
    },
    help: "Help",
    helps: {
      kept: "What is kept",
      keeps: {
        nothing: "Nothing. When you sign off all of it is gone: take what you need out of it before.",
        home: "What lies in your home. Programs that you install and settings of the system are gone when you sign off.",
        guest: "Everything, as on a computer of your own.",
      },
      toolbar: "This toolbar",
      toolbarHint:
        "Move the pointer to the upper edge, press the small handle there, or Ctrl Alt Shift together.",
      toolbarTouchHint:
        "The two buttons at the right edge bring this toolbar, and the keyboard. Tap the picture to go back to it.",
      fingers: "With fingers",
      fingersHint:
        "Tap: click. Tap with two, or hold: the right button. Move two: scroll. Spread two: make the picture larger.",
      away: "When you go away",
      awayHint:
        "Leave, or just close the page: your desktop goes on, and you find it as it was, here or in another browser. Sign off when you are done.",
      stuck: "When it hangs",
      stuckHint: "Ask the help desk. They can see your desktop when you allow it.",
      stuckPowerHint:
        "Restart or reset it in the power menu. If that does not help, ask the help desk: they can see your desktop when you allow it.",
    },
    signOff: "Sign off",
    signOffTitle: "Sign off?",
    signOffWarnings: {
      nothing: "Everything on this desktop is gone then.",
      home: "Your files stay. What is not saved is lost.",
      guest: "Your desktop is shut down and kept. What is not saved is lost.",
    },
  },
} as const;
