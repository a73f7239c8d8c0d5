"""What asyncio logs of tasks whose exception nobody has read, without a traceback.

It logs when the garbage collector finds such a task: at any moment, in the middle of any test. Python 3.11 calls
`ast.parse` to format a traceback. In the middle of another `ast.parse`, that makes the other one fail with a
SystemError.
"""

import logging


def name_exception(record: logging.LogRecord) -> bool:
    """Let handlers format the exception of a record by its name, as a filter of a logger that drops nothing."""
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = repr(record.exc_info[1])
    return True


def leave_out_tracebacks() -> None:
    """Leave the tracebacks out of what asyncio logs."""
    logging.getLogger("asyncio").addFilter(name_exception)
