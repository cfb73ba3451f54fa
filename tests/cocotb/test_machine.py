"""A whole program under memories and a host of another make, then memories that break the rules of AXI4."""

import random

import cocotb
from cocotb.triggers import ClockCycles

import faults
from machine import INTERRUPT, machine

# Several times what the program takes with these memories.
LIMIT = 200_000
# Cycles that the watchdog lets the bus wait, and cycles of a stall.
PATIENCE, STALL = 100, 1000


@cocotb.test()
async def a_program_leaves_what_kernels_and_simulator_say(dut):
    one = await machine(dut)
    await one.start()
    assert await one.ended(LIMIT) == INTERRUPT["done"]
    await one.check()


@cocotb.test()
async def memories_that_pause_change_nothing_but_the_time(dut):
    one = await machine(dut)
    draw = random.Random(1)
    read, write = one.ram.read_if, one.ram.write_if
    for channel in (read.ar_channel, read.r_channel, write.aw_channel, write.w_channel, write.b_channel):
        channel.set_pause_generator(iter(lambda: draw.random() < 0.4, None))
    await one.start()
    assert await one.ended(LIMIT) == INTERRUPT["done"]
    await one.check()


@cocotb.test()
@cocotb.parametrize(fault=["read_error", "write_error", "wrong_identifier", "late_last"])
async def a_wrong_response_is_told_and_ends_the_program(dut, fault):
    one = await machine(dut)
    await broken(one, fault)


@cocotb.test()
async def after_an_early_last_the_machine_runs_again(dut):
    one = await machine(dut)
    await broken(one, "early_last")
    faults.heal(one.ram)
    await one.load()
    await one.start()
    assert await one.ended(LIMIT) == INTERRUPT["done"]
    await one.check()


async def broken(one, fault):
    getattr(faults, fault)(one.ram)
    await one.start()
    flags = await one.ended(LIMIT)
    assert flags == INTERRUPT["bus"] | INTERRUPT["done"], f"{fault}: interrupts {flags:#x}"
    status = await one.read("status")
    assert status == 2, f"{fault}: status {status:#x}"
    cycles = await one.read("cycles")
    one.dut._log.info(f"{fault} has stopped the program after {cycles} cycles")


@cocotb.test()
async def a_stall_is_told_by_the_watchdog_and_passes(dut):
    one = await machine(dut)
    await one.write("watchdog", PATIENCE)
    await one.start()
    await ClockCycles(dut.clock, STALL)
    one.ram.read_if.r_channel.pause = one.ram.write_if.b_channel.pause = True
    assert await one.interrupted(LIMIT) == INTERRUPT["watchdog"]
    assert await one.read("status") == 1, "the program waits for the memory"
    await ClockCycles(dut.clock, STALL)
    one.ram.read_if.r_channel.pause = one.ram.write_if.b_channel.pause = False
    assert await one.ended(LIMIT) == INTERRUPT["watchdog"] | INTERRUPT["done"]
    await one.check()
