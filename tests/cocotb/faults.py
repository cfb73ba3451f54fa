"""Memories that break the rules of AXI4: each function spoils the responses of a `cocotbext.axi.AxiRam` from a beat on."""

from copy import copy

# So many beats are served before the fault: inside of a burst.
BEFORE = 31


def read_error(ram):
    """SLVERR in place of a beat's data; later beats are right again."""
    _failing(ram.read_if, "_read")


def write_error(ram):
    """SLVERR as the answer to a write burst."""
    _failing(ram.write_if, "_write")


def wrong_identifier(ram):
    """A beat of a burst that nobody has asked for."""
    def spoil(beat):
        beat.rid = 1
        return [beat]
    _at(ram, lambda beat: True, spoil)


def early_last(ram):
    """A burst ends in its middle; the rest of it never comes."""
    channel = ram.read_if.r_channel
    def spoil(beat):
        whole, beat.rlast = channel.send, True
        async def drop(rest):
            if rest.rlast:
                channel.send = whole
        channel.send = drop
        return [beat]
    _at(ram, lambda beat: not beat.rlast, spoil)


def late_last(ram):
    """A burst has a beat too many."""
    def spoil(beat):
        more = copy(beat)
        beat.rlast = False
        return [beat, more]
    _at(ram, lambda beat: beat.rlast, spoil)


def heal(ram):
    """Undoes what the functions above have done."""
    for what, name in ((ram.read_if, "_read"), (ram.write_if, "_write"), (ram.read_if.r_channel, "send")):
        vars(what).pop(name, None)


def _failing(side, name):
    served, whole = 0, getattr(side, name)
    async def access(*arguments):
        nonlocal served
        served += 1
        if served == BEFORE:
            raise RuntimeError("a memory that fails")
        return await whole(*arguments)
    setattr(side, name, access)


def _at(ram, fits, spoil):
    """Replaces one beat of the read channel, the first that fits after so many."""
    channel, served = ram.read_if.r_channel, 0
    whole = channel.send
    async def send(beat):
        nonlocal served
        served += 1
        if served < BEFORE or not fits(beat):
            return await whole(beat)
        channel.send = whole
        for each in spoil(beat):
            await whole(each)
    channel.send = send
