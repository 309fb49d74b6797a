"""The client on a terminal, with prompt_toolkit: what arrives is printed above the line being typed.

Needs the extra `terminal` and Twisted's asyncio reactor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style
from twisted.internet.defer import Deferred, succeed

from twisted_chat.client.completion import Completing, candidates
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Kind, Shown
from twisted_chat.client.screen import Screen, Typist
from twisted_chat.client.typed import is_secret

_STYLES = {
    Kind.SAID: "",
    Kind.OWN: "",
    Kind.DIRECT: "class:direct",
    Kind.SERVER: "class:server",
    Kind.REPLY: "class:reply",
    Kind.HISTORY: "class:history",
    Kind.STATUS: "class:server",
    Kind.TROUBLE: "class:error",
    Kind.ERROR: "class:error",
}
_STYLE = Style.from_dict(
    {
        "direct": "ansimagenta",
        "server": "ansicyan",
        "reply": "",
        "history": "ansibrightblack",
        "error": "ansired",
        "mention": "bold ansiyellow",
        "prompt": "bold",
    }
)


class _Remembered(InMemoryHistory):
    """What was typed, but for answers to questions and passwords."""

    def __init__(self, secret: Callable[[], bool]) -> None:
        super().__init__()
        self._is_secret = secret

    def append_string(self, string: str) -> None:
        # Pasted lines are remembered as one.
        if not self._is_secret() and not any(is_secret(line) for line in string.split("\n")):
            super().append_string(string)


class Terminal:
    """A screen for a session. The user's own lines appear when they are confirmed, in their place."""

    def __init__(
        self,
        conversation: Conversation,
        loop: asyncio.AbstractEventLoop,
        *,
        render: Callable[[Shown], str],
        bell: bool = False,
        keyboard: Input | None = None,
        screen: Output | None = None,
    ) -> None:
        """`keyboard` and `screen`: None for the terminal itself."""
        self._conversation = conversation
        self._loop = loop
        self._render = render
        self._bell = bell
        self._question: tuple[str, bool, Deferred[str | None]] | None = None
        self._half_typed = ""
        self._typist: Typist | None = None
        self._fragments: list[tuple[str, str]] = []
        self._ring = False
        self._leaving = False
        self._reading: asyncio.Task[None] | None = None
        self._prompt: PromptSession[str] = PromptSession(
            self._message,
            is_password=Condition(lambda: self._question is not None and self._question[1]),
            key_bindings=self._bindings(),
            history=_Remembered(lambda: self._question is not None),
            enable_suspend=True,
            erase_when_done=True,
            style=_STYLE,
            input=keyboard,
            output=screen,
        )

    # What the session calls.

    def begin(self, typist: Typist) -> None:
        self._typist = typist
        self._reading = self._loop.create_task(self._read())

    def show(self, shown: Shown) -> None:
        self._write("class:mention" if shown.mention else _STYLES[shown.kind], self._render(shown))
        self._ring |= self._bell and shown.mention

    def _write(self, style: str, line: str) -> None:
        if not self._fragments:
            # Many lines may come at once; the line being typed is drawn anew once for all of them.
            self._loop.call_soon(self._print)
        self._fragments.append((style, line + "\n"))

    def changed(self, unconfirmed: int) -> None:
        self._prompt.app.invalidate()

    def ask(self, question: str, *, secret: bool) -> Deferred[str | None]:
        if self._question is not None:
            self._answer(None)  # What was typed of it is no line of the user's.
        answer: Deferred[str | None] = Deferred()
        self._question = (question, secret, answer)
        buffer = self._prompt.default_buffer
        self._half_typed = buffer.text
        buffer.reset()
        self._prompt.app.invalidate()
        return answer

    def end(self, *, hurry: bool) -> Deferred[None]:
        if self._question is not None:
            self._answer(None)
        if self._reading is None or self._reading.done():
            self._print()
            return succeed(None)
        ended: Deferred[None] = Deferred()
        self._reading.add_done_callback(lambda _: self._ended(ended))
        self._reading.cancel()
        return ended

    def _ended(self, ended: Deferred[None]) -> None:
        self._print()
        ended.callback(None)

    # The user's side.

    async def _read(self) -> None:
        """One prompt lasts as long as the session: without it the terminal would echo by itself."""
        await self._prompt.prompt_async(set_exception_handler=False, handle_sigint=False)

    def _bindings(self) -> KeyBindings:
        keys = KeyBindings()
        completing = Completing(self._candidates)
        keys.add("tab")(lambda event: self._complete(event, completing, 1))
        keys.add("s-tab")(lambda event: self._complete(event, completing, -1))
        keys.add("enter", filter=has_focus(DEFAULT_BUFFER))(self._entered)
        keys.add("c-c", filter=has_focus(DEFAULT_BUFFER))(self._ctrl_c)
        keys.add("c-d", filter=has_focus(DEFAULT_BUFFER) & Condition(lambda: self._is_empty()))(self._ctrl_d)
        return keys

    def _complete(self, event: KeyPressEvent, completing: Completing, by: int) -> None:
        buffer = event.current_buffer
        document = buffer.document
        step = completing.step(document.text_before_cursor, document.text_after_cursor, by)
        if step is None:
            return
        if step.listed:
            self._write(_STYLES[Kind.HISTORY], step.listed)
        buffer.delete_before_cursor(step.erase)
        buffer.insert_text(step.word)

    def _is_empty(self) -> bool:
        return not self._prompt.default_buffer.text

    def _ctrl_c(self, event: KeyPressEvent) -> None:
        if self._question is not None and self._question[1]:
            self._answer(None)
        elif not self._is_empty():
            event.current_buffer.reset()
        elif self._question is not None and self._typist is not None:
            self._typist.interrupted()
        else:
            self._leave()

    def _ctrl_d(self, event: KeyPressEvent) -> None:
        if self._question is not None:
            self._answer(None)
        else:
            self._leave()

    def _leave(self) -> None:
        """The first time what is unconfirmed is waited for, the second time not."""
        again, self._leaving = self._leaving, True
        if self._typist is not None:
            (self._typist.interrupted if again else self._typist.finished)()

    def _entered(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text = buffer.text
        buffer.reset(append_to_history=True)
        if self._question is not None:
            self._answer(text)
        elif self._typist is not None:
            for line in text.split("\n"):  # pasted lines are lines
                self._typist.typed(line)

    def _answer(self, text: str | None) -> None:
        if self._question is not None:
            _, _, answer = self._question
            self._question = None
            self._prompt.default_buffer.reset(Document(self._half_typed))
            self._half_typed = ""
            answer.callback(text)

    def _candidates(self, before: str) -> tuple[str, list[str]]:
        rooms = self._conversation.rooms
        return candidates(before, rooms.nicks(), rooms.names())

    def _message(self) -> FormattedText:
        if self._question is not None:
            return FormattedText([("class:prompt", self._question[0])])
        state = [self._conversation.rooms.place]
        if not self._conversation.welcomed:
            waiting = len(self._conversation.outbox)
            state += ["offline", f"{waiting} unsent"] if waiting else ["offline"]
        return FormattedText([("class:prompt", f"[{', '.join(state)}] ")])

    def _print(self) -> None:
        """Erase the line being typed, print above it, let it be drawn again.

        The terminal stays in raw mode all the while: nothing typed in between is echoed into the text.
        """
        fragments, self._fragments = self._fragments, []
        if not fragments:
            return
        app = self._prompt.app
        if app.is_running:
            app.renderer.erase()
        print_formatted_text(app.output, FormattedText(fragments), _STYLE)
        if self._ring:
            self._ring = False
            app.output.bell()
            app.output.flush()
        if app.is_running:
            app.invalidate()


_check: type[Screen] = Terminal
