"""That every text of the window can be read, in each theme."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.window.themes import DARK, GOSSIP, THEMES, Look, contrast, pairs

ENOUGH = 4.5


class ThemeTests(SynchronousTestCase):
    def test_contrast(self) -> None:
        self.assertAlmostEqual(contrast("#000000", "#FFFFFF"), 21.0)
        self.assertAlmostEqual(contrast("#777777", "#FFFFFF"), 4.478, places=3)  # the known edge of WCAG
        self.assertEqual(contrast("#123456", "#123456"), 1.0)

    def test_every_text_can_be_read(self) -> None:
        for name, theme in THEMES.items():
            found = dict(pairs(theme))
            self.assertEqual(len(found), 7 + len(Look))
            for what, colours in found.items():
                self.assertGreaterEqual(contrast(colours.text, colours.behind), ENOUGH, (name, what))

    def test_the_focus_can_be_seen(self) -> None:
        for theme in (GOSSIP, DARK):
            for behind in (theme.edge.behind, theme.text.behind, theme.entry.behind):
                self.assertGreaterEqual(contrast(theme.focus, behind), 3.0)

    def test_looks_differ(self) -> None:
        for theme in (GOSSIP, DARK):
            self.assertEqual(
                len({colours.text for look, colours in theme.looks.items() if look is not Look.MENTION}), 6
            )
            self.assertNotEqual(theme.looks[Look.MENTION].behind, theme.text.behind)

    def test_the_first_colours(self) -> None:
        self.assertEqual(
            (GOSSIP.edge.behind, GOSSIP.text.behind, GOSSIP.entry.behind, GOSSIP.button.behind),
            ("#9898FB", "#BBBBFF", "#BBBBFF", "#C1C1CD"),
        )
        self.assertEqual({GOSSIP.edge.text, GOSSIP.text.text, GOSSIP.entry.text, GOSSIP.button.text}, {"#000000"})
