(** * ReLU units of a homogeneous system with the fewest of them never react.

    Driven by lam^k a, every unit grows like lam^k times a constant. A ReLU unit with a
    constant other than 0 would become the identity or stay off, and leave a system with
    fewer ReLU units. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 UltraLimit UnitKinds LateTimes Rotation Settle
  ClosestState Growth.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section NeverReact.
Variable R : realType.
Variables (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis W1 : forall v, norm (W *m v) <= norm v.
Notation step := (step U Fu).
Notation run := (run U Fu).
Notation eta := (eta W F).
Notation matching := (matching U Fu Cu W F C).
Notation pre_at := (pre_at U Fu).
Notation zeros := (zeros R m).
Hypothesis fades : forall h, vlim (fun j => eta h zeros j) 0.
Variable tau : 'I_N -> kind.
Hypothesis few : fewest U Fu Cu W F C tau.
Hypothesis hom : forall r, matching tau 0 r 0 0 0.
Implicit Types (g v : 'cV[R]_N) (d x : nat -> 'cV[R]_m) (h : 'cV[R]_n).

(** No bound on the inputs is needed. *)
Lemma hom_all d k : Cu *m run tau 0 0 d k = C *m eta 0 d k.
Proof.
pose r := 1 + \sum_(j < k) sqnorm (d j).
have r1 : 1 <= r by rewrite /r ler_addl; apply: sumr_ge0 => j _; exact: sqnorm_ge0.
have sm : small r (splice k d zeros).
  move=> j; rewrite /splice; case: ifP => jk; last by rewrite sqnorm0 sqr_ge0.
  apply: (@le_trans _ _ r); last by rewrite expr2 ler_pemulr // (le_trans ler01).
  rewrite /r (bigD1 (Ordinal jk)) //= addrCA ler_addl addr_ge0 ?ler01 //.
  by apply: sumr_ge0 => i _; exact: sqnorm_ge0.
have := hom sm k; rewrite addr0.
have -> : run tau 0 0 (splice k d zeros) k = run tau 0 0 d k.
  by apply: run_local => j jk; rewrite /splice jk.
by have -> : eta 0 (splice k d zeros) k = eta 0 d k by apply: eta_local => j jk; rewrite /splice jk.
Qed.

Variables (mu : R) (a : 'cV[R]_m).
Hypothesis mu01 : 0 < mu < 1.
Let mu0 : 0 < mu. Proof. by case/andP: mu01. Qed.
Let mun0 : mu != 0. Proof. by rewrite gt_eqF. Qed.
Let x : nat -> 'cV[R]_m := fun j => mu ^- j.+1 *: a.

Let pow_inv j : mu ^- j = mu ^- j.+1 * mu :> R.
Proof. by rewrite exprS invfM mulrAC mulVf // mul1r. Qed.

Let invp j : 0 <= mu ^- j. Proof. by rewrite invr_ge0 exprn_ge0 // ltW. Qed.

(** One step, divided by the growth. *)
Lemma grow_step v j : step tau 0 (mu ^- j *: v) (x j) = mu ^- j.+1 *: step tau 0 (mu *: v) a.
Proof.
apply/colP=> i; rewrite scE !stepE -act_pos //; congr (act _ _).
rewrite /UnitKinds.pre_at !addr0 /x -!scalemxAr !colD !scE mulrDr; congr (_ + _).
by rewrite mulrA -pow_inv.
Qed.

Lemma grow_eta h j : W *m (mu ^- j *: h) + F *m x j = mu ^- j.+1 *: (W *m (mu *: h) + F *m a).
Proof.
by rewrite /x -!scalemxAr scalerDr scalerA -pow_inv.
Qed.

Theorem resolvent_units : exists u q, [/\
  u = step tau 0 (mu *: u) a, q = W *m (mu *: q) + F *m a, Cu *m u = C *m q,
  norm u <= norm (Fu *m a) / (1 - mu) /\ norm q <= norm (F *m a) / (1 - mu) &
  forall i, tau i = None -> pre_at 0 (mu *: u) a i = 0].
Proof.
pose G v := step tau 0 v a; pose H (h : 'cV[R]_n) := W *m h + F *m a.
have Gn v v' : norm (G v - G v') <= norm (v - v') by rewrite ler_norm_norm; exact: step_nonexp.
have Hn h h' : norm (H h - H h') <= norm (h - h').
  by rewrite /H opprD addrACA subrr addr0 -mulmxBr.
pose uu k := mu ^+ k *: run tau 0 0 x k; pose qq k := mu ^+ k *: eta 0 x k.
have runE k : run tau 0 0 x k = mu ^- k *: uu k.
  by rewrite /uu scalerA mulVf ?scale1r // expf_neq0.
have etaE k : eta 0 x k = mu ^- k *: qq k.
  by rewrite /qq scalerA mulVf ?scale1r // expf_neq0.
have uuS k : uu k.+1 = G (mu *: uu k).
  by rewrite {1}/uu /= runE grow_step scalerA mulfV ?scale1r // expf_neq0.
have qqS k : qq k.+1 = H (mu *: qq k).
  by rewrite {1}/qq /= etaE grow_eta scalerA mulfV ?scale1r // expf_neq0.
have [u [hu uE ub]] := geometric mu01 Gn (scaler0 _ _) uuS.
have [q [hq qE qb]] := geometric mu01 Hn (scaler0 _ _) qqS.
have uE' : step tau 0 (mu *: u) a = u := esym uE.
have qE' : W *m (mu *: q) + F *m a = q := esym qE.
have CE : Cu *m u = C *m q.
  apply: vlim_uniq (vlim_mulmx Cu hu) _ => i; apply: lim_eq (vlim_mulmx C hq i) => // k.
  by rewrite /uu /qq -!scalemxAr hom_all.
have G0 : norm (G 0) <= norm (Fu *m a).
  rewrite ler_norm_norm; apply: sqnorm_le => i; rewrite /G stepE.
  have := act_nonexp (tau i) (pre_at 0 0 a i) 0.
  have -> : act (tau i) (0 : R) = 0 by case: (tau i) => [[]|] //=; rewrite relu_flat.
  by rewrite !subr0 /UnitKinds.pre_at mulmx0 add0r addr0.
have d0 : 0 < 1 - mu by rewrite subr_gt0; case/andP: mu01.
exists u, q; split=> //.
  split; first by apply: le_trans ub _; rewrite ler_pmul2r ?invr_gt0.
  by apply: le_trans qb _; rewrite /H mulmx0 add0r.
pose z i := pre_at 0 (mu *: u) a i.
have uz i : u i 0 = act (tau i) (z i) by rewrite {1}uE stepE.
pose tau' i : kind := match tau i with
  | None => if 0 < z i then Some true else if z i < 0 then Some false else None
  | t => t end.
suff gt : good U Fu Cu W F C tau'.
  move=> i ti; have := few.2 _ gt.
  have sub : relus tau' \subset relus tau.
    by apply/fintype.subsetP => l; rewrite !inE /tau'; case: (tau l).
  move=> le; have eqs : relus tau' = relus tau by apply/eqP; rewrite eqEcard sub le.
  have : i \in relus tau' by rewrite eqs inE ti.
  by rewrite inE /tau' ti; case: (ltrgtP 0 (z i)) => // ->.
(* perturb the growing inputs from time j on *)
pose xd j d : nat -> 'cV[R]_m := fun l => if (l < j)%N then x l else x l + d (l - j)%N.
pose E j d k := run tau 0 0 (xd j d) (j + k) - mu ^- (j + k) *: u.
have uf j : run tau 0 u x j = mu ^- j *: u.
  elim: j => [|j IH]; first by rewrite expr0 invr1 scale1r.
  by rewrite /= IH grow_step uE'.
have E0 j d : E j d 0%N = run tau 0 0 x j - run tau 0 u x j.
  rewrite /E addn0 uf; congr (_ - _); apply: run_local => l lj; by rewrite /xd lj.
have [g' hg'] : exists g' : 'cV[R]_N, vlim (fun j => run tau 0 0 x j - run tau 0 u x j) g'.
  apply: vlim_ex; apply: fin_sqnorm; exists (sqnorm (0 - u)); apply: evT => j.
  by rewrite ger0_norm ?sqnorm_ge0 //; exact: run_nonexp.
exists 0, 1, 0, g'; split; first exact: ltr01.
move=> d sd k; rewrite addr0.
have lims l : vlim (fun j => E j d l) (run tau' 0 g' d l).
  apply: (run_limit (E := E)).
    by move=> i; apply: lim_eq (hg' i) => // j; rewrite E0.
  move=> {}l v hv i; rewrite stepE.
  pose al j := (U *m E j d l + Fu *m d l) i 0.
  have ha : lim al (pre_at 0 v (d l) i).
    have := vlimD (vlim_mulmx U hv) (vlim_const (Fu *m d l)) i.
    by rewrite /UnitKinds.pre_at addr0.
  pose ep j := mu ^+ (j + l.+1).
  have ep0 j : 0 < ep j by rewrite exprn_gt0.
  have epn j : ep j != 0 by rewrite gt_eqF ?ep0.
  have lep : lim ep 0 by exact: lim_power.
  have EE j : E j d l.+1 i 0 = (ep j)^-1 * (act (tau i) (z i + ep j * al j) - act (tau i) (z i)).
    have epi : 0 <= (ep j)^-1 by rewrite invr_ge0 ltW.
    have epE : mu ^- (j + l.+1) = (ep j)^-1 by [].
    rewrite /E colB scE epE addnS /= stepE uz mulrBr -!act_pos //; congr (act _ _ - _).
    rewrite mulrDr mulrA mulVf ?mul1r ?epn //.
    have -> : xd j d (j + l)%N = x (j + l)%N + d l by rewrite /xd ltnNge leq_addr /= addKn.
    have -> : run tau 0 0 (xd j d) (j + l) = E j d l + mu ^- (j + l) *: u by rewrite /E subrK.
    rewrite /al /z /UnitKinds.pre_at !addr0 !mulmxDr /x -!scalemxAr !colD !scE.
    rewrite (pow_inv (j + l)) -addnS epE; move: ((U *m E j d l) i 0) ((U *m u) i 0) ((Fu *m a) i 0) ((Fu *m d l) i 0).
    by move: ((ep j)^-1) => t t1 t2 t3 t4; ring.
  have aE j : al j = (ep j)^-1 * (ep j * al j) by rewrite mulrA mulVf ?mul1r ?epn.
  have sm := limM lep ha; rewrite mul0r in sm.
  rewrite /tau'; case ti : (tau i) => [[]|] /=.
  - by apply: lim_eq ha => // j; rewrite EE ti /= addrAC subrr add0r -aE.
  - by apply: lim_eq (lim_const 0) => // j; rewrite EE ti /= subrr mulr0.
  have [zp|zn|z0] := ltrgtP 0 (z i) => /=.
  - apply: lim_ev ha; apply: ev_imp (sm _ zp) => j; rewrite subr0 => h; rewrite EE ti /=.
    have ge : 0 <= z i + ep j * al j.
      by rewrite addrC -ler_subl_addr sub0r; move: h; rewrite ler_norml => /andP[].
    have e1 : relu (z i + ep j * al j) = z i + ep j * al j.
      by case: (relu_cases (z i + ep j * al j)) => -[hs ->] //; rewrite ltNge ge in hs.
    have e2 : relu (z i) = z i.
      by case: (relu_cases (z i)) => -[hs ->] //; rewrite ltNge ltW in hs.
    by rewrite e1 e2 addrAC subrr add0r -aE.
  - have zn2 : 0 < - z i by rewrite oppr_gt0.
    apply: lim_ev (lim_const 0); apply: ev_imp (sm _ zn2) => j.
    rewrite subr0 => h; rewrite EE ti /=.
    have le : z i + ep j * al j <= 0.
      by rewrite -ler_subr_addl sub0r; apply: le_trans h; exact: ler_norm.
    by rewrite !relu_flat ?subrr ?mulr0 // ltW.
  apply: lim_eq (lim_relu ha) => // j; rewrite EE ti -z0 /= add0r.
  have -> : relu (0 : R) = 0 by rewrite relu_flat.
  rewrite subr0 -[relu (_ * _)]/(act None _) act_pos ?(ltW (ep0 j)) //=.
  by rewrite mulrA mulVf ?mul1r ?epn.
have etaL j l : eta 0 (xd j d) (j + l) = mu ^- (j + l) *: q + eta (eta (- q) zeros j) d l.
  elim: l => [|l IH].
    have -> : eta 0 (xd j d) (j + 0) = eta 0 x j.
      by rewrite addn0; apply: eta_local => l lj; rewrite /xd lj.
    rewrite addn0 /=.
    elim: j => [|j IH] /=; first by rewrite expr0 invr1 scale1r subrr.
    rewrite IH mulmxDr mulmx0 addr0 addrAC grow_eta.
    by rewrite qE'.
  rewrite addnS /= IH mulmxDr /xd ltnNge leq_addr /= addKn mulmxDr addrACA grow_eta.
  by rewrite qE'.
apply: vlim_uniq (vlim_mulmx Cu (lims k)) _ => i.
apply: lim_eq (vlim_mulmx C (vlim_eta W F d k (fades (- q))) i) => // j.
rewrite /E mulmxBr hom_all etaL mulmxDr -!scalemxAr CE.
by rewrite addrAC subrr add0r.
Qed.
End NeverReact.
