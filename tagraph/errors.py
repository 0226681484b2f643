"""The errors tagraph raises on purpose; each message says what, where and what to do.

TagraphError
├── InputError          (ValueError)    the user's data: file, line, field
├── OptionsError        (ValueError)    an option out of range, unknown, or in conflict with another
├── ConvergenceError    (RuntimeError)  an iteration that did not settle
├── StoreError                          the SQLite store cannot be used as asked
│   ├── MissingResultError              a step was never run on this store
│   ├── StoreWriteError                 a commit failed, such as on a full disk
│   └── DamagedStoreError               a stored row is not what was written
├── JudgeError                          a judge could not answer at all
├── ExecutorError                       workers died again and again, or cannot be reached
├── AccessError                         a model cannot be reached at all: key, model, money, address
├── BudgetReachedError                  the next request might cost more than was allowed
├── PendingError                        paid work is on its way, or may be; it waits to be collected
├── PartialResultError                  done, but some questions have no answer yet
└── MissingPackageError (ImportError)   an extra not installed, or bundled weights changed
"""


class TagraphError(Exception):
    """Base of every error raised on purpose; the command line prints it as one line."""


class InputError(TagraphError, ValueError):
    """The user's data cannot be used; the message names file, line and field."""


class OptionsError(TagraphError, ValueError):
    """An option is out of range, unknown, or in conflict with another one."""


class ConvergenceError(TagraphError, RuntimeError):
    """An iteration did not settle within its limit."""


class StoreError(TagraphError):
    """The SQLite store cannot be used as asked."""


class MissingResultError(StoreError):
    """A step's result was asked for, but the step was never run on this store."""

    def __init__(self, step: str) -> None:
        super().__init__(f"no result of '{step}' in this store; run `tagraph {step}` first")
        self.step = step


class StoreWriteError(StoreError):
    """A commit failed; nothing more is written or asked, and what was committed before is safe."""


class DamagedStoreError(StoreError):
    """A stored row is not what was written; it is never used."""

    def __init__(self, store: str, kind: str, name: str) -> None:
        super().__init__(
            f"store {store}: the {kind} {name[:16]} is not what was written, the file is damaged;"
            f" see `tagraph verify {store}`"
        )


class JudgeError(TagraphError):
    """A judge could not answer at all; what it had answered before is kept."""


class ExecutorError(TagraphError):
    """The workers that do batches died again and again, or cannot be reached."""


class AccessError(TagraphError):
    """A model cannot be reached as asked: no key, no such model, no money, or a wrong address."""


class BudgetReachedError(TagraphError):
    """The next request might pass the limit that was given; every answer so far is stored."""


class PendingError(TagraphError):
    """Paid work is on its way, or may be; the same command collects it later."""


class PartialResultError(TagraphError):
    """The work is done as far as it goes, but some questions have no answer yet."""


class MissingPackageError(TagraphError, ImportError):
    """A package of an extra is not installed, or bundled weights are not the ones expected."""
