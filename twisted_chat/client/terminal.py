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

from twisted_chat.client.completion import candidates
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
        if not self._is_secret() and not is_secret(string):
            super().append_string(string)


class _Completing:
    """Tab goes through the candidates in place, Shift-Tab back: no menu needs room on the screen."""

    def __init__(self, find: Callable[[str], tuple[str, list[str]]]) -> None:
        """`find` gives the word before the cursor, and what it could become."""
        self._find = find
        self._found: list[str] = []
        self._at = 0
        self._left = Document()

    def step(self, event: KeyPressEvent, by: int) -> None:
        buffer = event.current_buffer
        if self._found and buffer.document == self._left:
            word = self._found[self._at]
            self._at = (self._at + by) % len(self._found)
        else:
            word, self._found = self._find(buffer.document.text_before_cursor)
            self._at = 0 if by > 0 else -1
        if self._found:
            buffer.delete_before_cursor(len(word))
            buffer.insert_text(self._found[self._at])
            self._left = buffer.document


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
        self._reading = self._loop.create_task(self._read(typist))

    def show(self, shown: Shown) -> None:
        if not self._fragments:
            # Many lines may come at once; the line being typed is drawn anew once for all of them.
            self._loop.call_soon(self._print)
        style = "class:mention" if shown.mention else _STYLES[shown.kind]
        self._fragments.append((style, self._render(shown) + "\n"))
        self._ring |= self._bell and shown.mention

    def changed(self, unconfirmed: int) -> None:
        self._prompt.app.invalidate()

    def ask(self, question: str, *, secret: bool) -> Deferred[str | None]:
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

    async def _read(self, typist: Typist) -> None:
        """One prompt lasts as long as the session: between two of them the terminal would echo by itself."""
        while True:
            try:
                await self._prompt.prompt_async(set_exception_handler=False, handle_sigint=False)
            except EOFError:
                if self._question is None:
                    typist.finished()
                    return
                self._answer(None)
            except KeyboardInterrupt:
                # Not from within this task: its end would wait for itself.
                self._loop.call_soon(typist.interrupted)
                return

    def _bindings(self) -> KeyBindings:
        keys = KeyBindings()
        completing = _Completing(self._candidates)
        keys.add("tab")(lambda event: completing.step(event, 1))
        keys.add("s-tab")(lambda event: completing.step(event, -1))
        keys.add("enter", filter=has_focus(DEFAULT_BUFFER))(self._entered)
        return keys

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
        state = [self._conversation.rooms.current]
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
