"""Every error and outcome explained, in English and Chinese. Plain Python, no Django.

The texts are data in entries/*.toml; choose.py picks one by call, then code, then pattern.
"""

from jobs.explanations.choose import explain
from jobs.explanations.explanation import Explanation
from jobs.explanations.text import Text

__all__ = ["Explanation", "Text", "explain"]
